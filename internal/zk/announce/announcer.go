// Package announce keeps ephemeral nodes in ZooKeeper for as long as a process wants
// them there: Druid's Announcer and, on top of it, the announcement of segments in both
// of its forms.
package announce

import (
	"cmp"
	"context"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/run/loop"
	"oakmoot/internal/zk/zkconn"
)

// Announcer creates ephemeral nodes, packed with gzip, and creates them again when
// somebody else removes them or the session is lost. Its methods may be called from any
// goroutine while Run runs; before that they wait for it.
type Announcer struct {
	zc   zkconn.Conn
	log  hclog.Logger
	loop *loop.Loop

	// ForgetsWhatIsGone announces nothing again, not even in a new session: a bug, for the
	// museum. It is set before Run.
	ForgetsWhatIsGone bool

	// Run owns the fields below.
	running context.Context // its own
	keeper  *keeper
}

// NewAnnouncer makes an announcer on a connection; Run makes it work.
func NewAnnouncer(zc zkconn.Conn, log hclog.Logger) *Announcer {
	return &Announcer{zc: zc, log: log, loop: loop.New("announcer")}
}

// Run keeps the announcements until ctx ends; then it withdraws all of them, and
// removes the parents that it created unless something else is in them.
func (a *Announcer) Run(ctx context.Context) error {
	defer a.loop.End()
	k := newKeeper(ctx, a.zc, a.log)
	defer k.sentries.dismiss()
	states, stop := a.zc.Listen()
	defer stop()
	k.forgets = a.ForgetsWhatIsGone
	a.running, a.keeper = ctx, k
	for {
		select {
		case <-ctx.Done():
			k.sentries.dismiss() // what is withdrawn is not created again
			leaving, cancel := loop.Goodbye(ctx, loop.GoodbyeSession)
			defer cancel()
			k.leave(leaving)
			return nil
		case f := <-a.loop.Calls():
			f()
		case <-k.sentries.seen.Some():
			for _, of := range k.sentries.seen.Take() {
				k.saw(ctx, of)
			}
		case state, ok := <-states:
			if !ok {
				states = nil // the connection is closed
				continue
			}
			k.react(ctx, state)
		}
	}
}

// ask has Run carry out f and waits for it. What f does ends with the caller's context,
// or with Run.
func (a *Announcer) ask(ctx context.Context, f func(ctx context.Context, k *keeper) error) error {
	var err error
	refused := a.loop.Do(ctx, func() {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(a.running, cancel)()
		err = f(ctx, a.keeper)
	})
	return cmp.Or(refused, err)
}

// Announce creates the node, packed. Announcing the same data again changes nothing;
// other data is an error, for which there is Update. A node left by an earlier session
// stays until it goes, and is then replaced. With removeParent the directory is removed
// at the end if it was created here and is empty. The data is not kept.
func (a *Announcer) Announce(ctx context.Context, path string, data []byte, removeParent bool) error {
	return a.ask(ctx, func(ctx context.Context, k *keeper) error { return k.announce(ctx, path, data, removeParent) })
}

// Update replaces the data of an announced node. The data is not kept.
func (a *Announcer) Update(ctx context.Context, path string, data []byte) error {
	return a.ask(ctx, func(ctx context.Context, k *keeper) error { return k.update(ctx, path, data) })
}

// Unannounce removes a node. It is no error if the node is not announced, or gone.
func (a *Announcer) Unannounce(ctx context.Context, path string) error {
	return a.ask(ctx, func(ctx context.Context, k *keeper) error { return k.unannounce(ctx, path) })
}
