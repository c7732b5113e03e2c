package cluster

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/run/fault"
	"oakmoot/internal/stage/observe"
	"oakmoot/internal/stage/scenario"
	"oakmoot/internal/worldtest"
	"oakmoot/internal/zk/zkconn"
	"oakmoot/internal/zk/zkwatch"
)

// deadServer is an address at which nobody listens.
const deadServer = "127.0.0.1:9"

// abroad observes the world as an external ZooKeeper with two servers, one of which is
// dead, over a link; without watches, so that each look needs the connection. It counts
// how often the dead server is dialled.
func abroad(t *testing.T, w *worldtest.World) (o *observer, link *fault.Link, dead *atomic.Int64) {
	t.Helper()
	link, dead = w.Link(), new(atomic.Int64)
	zc, err := zkconn.Open(t.Context(), zkconn.Options{
		Servers: []string{w.ZK.Addr(), deadServer}, SessionTimeout: worldtest.SessionTimeout, Log: hclog.NewNullLogger(),
		Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
			if addr == deadServer {
				dead.Add(1)
			}
			return link.DialZK(ctx, network, addr)
		},
	})
	w.Must(err)
	tree := newExternalTree(zc, "far:2181")
	f := &externalFeed{tree: tree, log: hclog.NewNullLogger(), turn: make(chan struct{}, 1)}
	f.open = func(context.Context, *observer) (*zkwatch.Watch, error) { return nil, zkwatch.ErrUnsupported }
	t.Cleanup(func() { f.close(); tree.close() })
	return &observer{paths: w.Paths, changed: newSignal(), words: func() []observe.Node { return nil }, model: observe.New(w.Paths), feed: f}, link, dead
}

// askAbroad looks once.
func askAbroad(ctx context.Context, o *observer) error {
	return o.look(ctx, asked{Source: scenario.FromZooKeeper}, func(*observe.Moment) {})
}

func TestLookWhileTheObserverChangesServersIsAnswered(t *testing.T) {
	worldtest.Bubble(t, func(t *testing.T, w *worldtest.World) {
		o, link, dead := abroad(t, w)
		w.Must(askAbroad(t.Context(), o))
		before := dead.Load()
		link.Disconnect()
		synctest.Wait() // the client pauses after the dead server, and everybody knows that it has no connection
		asked := time.Now()
		if err := askAbroad(t.Context(), o); err != nil {
			t.Errorf("got %v", err)
		}
		if took := time.Since(asked); dead.Load() == before || took == 0 || took >= awayGrace {
			t.Errorf("answered after %v and %d dials of the dead server, want an answer from another one soon", took, dead.Load()-before)
		}
	})
}

func TestZooKeeperThatDoesNotComeBackIsAway(t *testing.T) {
	worldtest.Bubble(t, func(t *testing.T, w *worldtest.World) {
		o, link, _ := abroad(t, w)
		w.Must(askAbroad(t.Context(), o))
		link.Cut()
		synctest.Wait()
		cut := time.Now()
		hurried, cancel := context.WithTimeout(t.Context(), awayGrace/2)
		defer cancel()
		for _, look := range []struct {
			who  string
			ctx  context.Context
			took time.Duration
		}{
			{"somebody in a hurry", hurried, awayGrace / 2},
			{"whoever waits for it", t.Context(), awayGrace / 2},
			{"whoever comes later", t.Context(), 0},
		} {
			asked := time.Now()
			err := askAbroad(look.ctx, o)
			since, away := awaySince(err)
			if took := time.Since(asked) - look.took; !away || !errors.Is(err, ErrUnavailable) || !since.Equal(cut) || took < 0 || took > 200*time.Millisecond {
				t.Errorf("%s: got %v after %v, want away since %v after %v", look.who, err, time.Since(asked), cut, look.took)
			}
		}
		link.Heal()
		synctest.Wait()
		w.Until("ZooKeeper is back", func() bool { return askAbroad(t.Context(), o) == nil })
		link.Cut()
		synctest.Wait()
		cut = time.Now()
		if since, away := awaySince(askAbroad(t.Context(), o)); !away || !since.Equal(cut) {
			t.Errorf("the second time: got away %v since %v, want since %v", away, since, cut)
		}
	})
}
