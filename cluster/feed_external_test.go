package cluster

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/run/fault"
	"oakmoot/internal/stage/invariant"
	"oakmoot/internal/stage/observe"
	"oakmoot/internal/worldtest"
	"oakmoot/internal/zk/zkconn"
	"oakmoot/internal/zk/zkpath"
	"oakmoot/internal/zk/zkwatch"
)

const testChroot = "/tenant"

// outsider observes a chroot of the world as an external ZooKeeper, with a link of its
// own for the watch.
func outsider(t *testing.T, w *worldtest.World, unsupported bool) (*observer, *externalFeed, *fault.Link) {
	t.Helper()
	_, err := w.Conn.CreateParents(t.Context(), testChroot, nil, zkconn.Persistent)
	w.Must(err)
	zc, err := zkconn.Open(t.Context(), zkconn.Options{
		Servers: []string{w.ZK.Addr()}, SessionTimeout: worldtest.SessionTimeout, Dial: w.Net.DialContext, Chroot: testChroot, Log: hclog.NewNullLogger(),
	})
	w.Must(err)
	tree := newExternalTree(zc, w.ZK.Addr())
	link := w.Link()
	f := &externalFeed{tree: tree, chroot: testChroot, log: hclog.NewNullLogger(), turn: make(chan struct{}, 1)}
	f.open = func(ctx context.Context, o *observer) (*zkwatch.Watch, error) {
		if unsupported {
			return nil, zkwatch.ErrUnsupported
		}
		opts := zkwatch.Options{Servers: []string{w.ZK.Addr()}, SessionTimeout: worldtest.SessionTimeout, Dial: link.DialZK, Changed: o.changed.raise}
		return zkwatch.Open(ctx, opts, zkpath.Join(testChroot, o.paths.Base))
	}
	o := &observer{paths: w.Paths, changed: newSignal(), words: func() []observe.Node { return nil }, model: observe.New(w.Paths), feed: f}
	t.Cleanup(func() { f.close(); tree.close() })
	return o, f, link
}

// request makes the i-th load request inside of the chroot, or takes it away.
func request(w *worldtest.World, i int, there bool) {
	w.T.Helper()
	path := zkpath.Join(testChroot, w.Paths.LoadRequest("h:1", fmt.Sprint(i)))
	if !there {
		w.Must(w.Conn.Delete(w.T.Context(), path, -1))
		return
	}
	_, err := w.Conn.CreateParents(w.T.Context(), path, []byte("{}"), zkconn.Persistent)
	w.Must(err)
}

func TestLookAtAnExternalZooKeeperSeesWhatWasCommittedBeforeIt(t *testing.T) {
	for name, unsupported := range map[string]bool{"watched": false, "listed": true} {
		t.Run(name, func(t *testing.T) {
			worldtest.Bubble(t, func(t *testing.T, w *worldtest.World) {
				o, f, _ := outsider(t, w, unsupported)
				for i := range 20 {
					request(w, i, true)
					if n := queued(t, o); n != i+1 {
						t.Fatalf("after %d requests: got %d", i+1, n)
					}
				}
				request(w, 3, false)
				if n := queued(t, o); n != 19 {
					t.Errorf("after one was taken away: got %d", n)
				}
				if f.listOnly != unsupported || (f.watch == nil) != unsupported {
					t.Errorf("got lists only %v, watch %v", f.listOnly, f.watch)
				}
			})
		})
	}
}

func TestWatchThatEndsIsOpenedAnew(t *testing.T) {
	worldtest.Bubble(t, func(t *testing.T, w *worldtest.World) {
		o, f, link := outsider(t, w, false)
		request(w, 1, true)
		request(w, 2, true)
		if n := queued(t, o); n != 2 {
			t.Fatalf("got %d requests", n)
		}
		first := f.watch
		link.Cut()
		request(w, 1, false)
		request(w, 3, true)
		request(w, 4, true)
		if n := queued(t, o); n != 3 || f.watch != nil {
			t.Errorf("without the watch: got %d requests, watch %v", n, f.watch)
		}
		link.Heal()
		request(w, 5, true)
		if n := queued(t, o); n != 4 || f.watch == nil || f.watch == first {
			t.Errorf("with a new watch: got %d requests", n)
		}
		request(w, 6, true)
		if n := queued(t, o); n != 5 {
			t.Errorf("after that: got %d requests", n)
		}
	})
}

func TestWatchWakesThoseWhoWaitForAChange(t *testing.T) {
	worldtest.Bubble(t, func(t *testing.T, w *worldtest.World) {
		o, _, _ := outsider(t, w, false)
		queued(t, o) // opens the watch
		changed := o.changed.next()
		request(w, 1, true)
		<-changed
	})
}

// TestWhatAnExternalZooKeeperShowsIsPutToTheTest has a load request come and go, and then
// one stay for too long.
func TestWhatAnExternalZooKeeperShowsIsPutToTheTest(t *testing.T) {
	worldtest.Bubble(t, func(t *testing.T, w *worldtest.World) {
		o, _, _ := outsider(t, w, false)
		o.invariants = invariant.New(invariant.Bounds{Session: worldtest.SessionTimeout, LoadTimeout: 10 * time.Second})
		o.model.Listen(o.invariants)
		g := &guard{set: o.invariants, observer: o}
		see := func() invariant.Result {
			t.Helper()
			if !g.current(t.Context()) {
				t.Fatal("the model is not up to date")
			}
			g.with(func(s *invariant.Set) { s.Tick() })
			return g.results()[slices.Index(invariant.Names(), invariant.LoadQueueEnds)]
		}
		announcement := `{"name":"h:1","host":"h:1","maxSize":1000,"type":"historical","tier":"_default_tier","priority":0}`
		_, err := w.Conn.CreateParents(t.Context(), zkpath.Join(testChroot, w.Paths.Announcement("h:1")), []byte(announcement), zkconn.Persistent)
		w.Must(err)
		see() // the first look lists everything
		request(w, 1, true)
		see()
		request(w, 1, false)
		if r := see(); r.Exercised != 1 || r.State != invariant.Held {
			t.Errorf("a request has come and gone: %+v", r)
		}
		request(w, 2, true)
		for range 120 {
			time.Sleep(time.Second)
			see()
		}
		if r := see(); r.State != invariant.Broken || r.Zxid == 0 {
			t.Errorf("a request has stayed for two minutes: %+v", r)
		}
	})
}
