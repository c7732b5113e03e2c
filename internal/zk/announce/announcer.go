// Package announce keeps ephemeral nodes in ZooKeeper for as long as a process
// wants them there: Announcer of Druid, and on top of it the announcement of
// segments in both of their forms.
package announce

import (
	"context"
	"errors"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/zk/zkconn"
)

// Announcer creates ephemeral nodes, packed with gzip, and creates them again when
// somebody else removes them or the session is lost. Its methods may be called from
// any goroutine while Run runs; before that they wait for it.
type Announcer struct {
	zc    zkconn.Conn
	log   hclog.Logger
	calls chan call
	done  chan struct{} // closed when Run has ended
}

// NewAnnouncer makes an announcer on a connection; Run makes it work.
func NewAnnouncer(zc zkconn.Conn, log hclog.Logger) *Announcer {
	return &Announcer{zc: zc, log: log, calls: make(chan call), done: make(chan struct{})}
}

// errStopped is the error of what comes after the end of Run.
var errStopped = errors.New("announcer has stopped")

// goodbye is how long withdrawing everything may take at the end.
const goodbye = time.Second

// Run keeps the announcements until ctx ends; then it withdraws all of them, and
// the parents that it made where nothing else is in them.
func (a *Announcer) Run(ctx context.Context) error {
	defer close(a.done)
	k := newKeeper(a.zc, a.log)
	for {
		select {
		case <-ctx.Done():
			k.stopWatching()
			leaving, cancel := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
			defer cancel()
			k.leave(leaving)
			return nil
		case c := <-a.calls:
			c.answer <- c.do(ctx, k)
		case e := <-k.events:
			k.react(ctx, e)
		}
	}
}

// call is a method call on its way to Run.
type call struct {
	do     func(running context.Context, k *keeper) error
	answer chan error
}

// ask lets Run carry f out and waits for it. What f does ends with the caller's
// context, or with Run.
func (a *Announcer) ask(ctx context.Context, f func(ctx context.Context, k *keeper) error) error {
	c := call{answer: make(chan error, 1), do: func(running context.Context, k *keeper) error {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(running, cancel)()
		return f(ctx, k)
	}}
	select {
	case a.calls <- c:
		return <-c.answer
	case <-a.done:
		return errStopped
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Announce creates the node, packed. To announce the same data again is no change;
// other data is an error, for which there is Update. A node that is there already,
// of an earlier session, stays until it goes, and is then replaced. With
// removeParent the directory goes at the end if it was made here and is empty.
func (a *Announcer) Announce(ctx context.Context, path string, data []byte, removeParent bool) error {
	return a.ask(ctx, func(ctx context.Context, k *keeper) error { return k.announce(ctx, path, data, removeParent) })
}

// Update replaces the data of an announced node.
func (a *Announcer) Update(ctx context.Context, path string, data []byte) error {
	return a.ask(ctx, func(ctx context.Context, k *keeper) error { return k.update(ctx, path, data) })
}

// Unannounce removes a node. One that is not announced, or gone, is no error.
func (a *Announcer) Unannounce(ctx context.Context, path string) error {
	return a.ask(ctx, func(ctx context.Context, k *keeper) error { return k.unannounce(ctx, path) })
}
