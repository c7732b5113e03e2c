package announce

import (
	"context"
	"errors"
	"sync"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/run/loop"
	"oakmoot/internal/zk/zkconn"
	"oakmoot/internal/zk/zkpath"
)

// sentries watch announced nodes, one each. Druid's Announcer has a PathChildrenCache on
// each parent, which reads and watches the announcements of all others too and ignores
// what becomes of them: a million watches for a thousand historicals, and a listing of a
// thousand names by each of them whenever one comes. A sentry watches for children, which
// an ephemeral cannot have: its end fires the watch, and an update does not.
type sentries struct {
	zc    zkconn.Conn
	log   hclog.Logger
	ctx   context.Context // ends with stop
	stop  context.CancelFunc
	posts sync.WaitGroup // those that are being set
	seen  *loop.Box[sighting]
}

// sighting is how a sentry's watch has ended.
type sighting struct {
	path string
	saw  outcome
}

type outcome int

const (
	sawItGo      outcome = iota + 1 // the node is gone
	sessionEnded                    // and the watch with it
	notAllowed                      // the server refuses the watch
)

func newSentries(ctx context.Context, zc zkconn.Conn, log hclog.Logger) *sentries {
	s := &sentries{zc: zc, log: log, seen: loop.NewBox[sighting]()}
	s.ctx, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	return s
}

// post watches a node until it is gone, its session ends, or the watch is refused.
func (s *sentries) post(path string) {
	s.posts.Go(func() {
		_, fired, err := s.zc.ChildrenW(s.ctx, path)
		switch {
		case errors.Is(err, zkconn.ErrNoNode):
			s.seen.Put(sighting{path, sawItGo})
		case err != nil:
			if s.ctx.Err() == nil && !errors.Is(err, zkconn.ErrClosed) {
				s.log.Warn("announcement cannot be watched", "path", path, "error", err)
			}
			s.seen.Put(sighting{path, notAllowed})
		default:
			fired.Then(func(e zkconn.Event) { s.seen.Put(sighting{path, outcomeOf(e)}) })
		}
	})
}

// outcomeOf is what the event of a watch says, which is that the node is gone or that the
// session is over: an ephemeral has no children that could change.
func outcomeOf(e zkconn.Event) outcome {
	if e.Type == zkconn.Ended {
		return sessionEnded
	}
	return sawItGo
}

// dismiss ends them all; what they see from now on is of no interest.
func (s *sentries) dismiss() {
	s.stop()
	s.posts.Wait()
}

// saw handles what a sentry has seen.
func (k *keeper) saw(ctx context.Context, of sighting) {
	p, name := k.parents[zkpath.Parent(of.path)], zkpath.Name(of.path)
	delete(p.watched, name)
	switch {
	case k.forgets:
	case of.saw == sawItGo:
		k.again(ctx, p, name, of.path)
	case of.saw == sessionEnded && !p.lost[name]:
		k.watch(p, of.path) // it is announced in the next session already, or will be missed in it
	}
}

// watch has an announced node watched, unless it is.
func (k *keeper) watch(p *parent, path string) {
	name := zkpath.Name(path)
	if _, announced := p.nodes[name]; announced && !p.watched[name] {
		p.watched[name] = true
		k.sentries.post(path)
	}
}
