package zkcache_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/run/fault"
	"oakmoot/internal/worldtest"
	"oakmoot/internal/zk/zkcache"
	"oakmoot/internal/zk/zkconn"
)

// world is a ZooKeeper in a bubble, with a connection for the test and one, through a
// link that can break, for the cache.
type world struct {
	*worldtest.World
	own  zkconn.Conn // the cache's
	link *fault.Link // of own
}

// bubble runs f in virtual time.
func bubble(t *testing.T, f func(t *testing.T, w *world)) {
	t.Helper()
	worldtest.Bubble(t, func(t *testing.T, in *worldtest.World) {
		w := &world{World: in, link: in.Link()}
		w.own = w.Open(w.link.DialZK)
		f(t, w)
	})
}

// start begins a cache on /dir that ends with the test.
func (w *world) start(o zkcache.Options) *zkcache.Cache {
	w.T.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	c := zkcache.Start(ctx, w.own, "/dir", o)
	w.T.Cleanup(func() { cancel(); c.Stop() })
	return c
}

var words = map[zkcache.EventType]string{
	zkcache.Added: "added", zkcache.Updated: "updated", zkcache.Removed: "removed", zkcache.Initialized: "initialized",
	zkcache.Suspended: "suspended", zkcache.Reconnected: "reconnected", zkcache.Lost: "lost",
}

func line(e zkcache.Event) string {
	return strings.TrimSpace(fmt.Sprintf("%s %s %s", words[e.Type], e.Name, e.Data))
}

// expect takes exactly these events, in order, and checks that none follows.
func expect(t *testing.T, c *zkcache.Cache, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, take(c)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

// take returns the events that come before everything is quiet.
func take(c *zkcache.Cache) []string {
	var got []string
	for {
		synctest.Wait()
		select {
		case e, ok := <-c.Events():
			if !ok {
				return append(got, "end")
			}
			got = append(got, line(e))
		default:
			return got
		}
	}
}

// until takes events up to and including the wanted one, and returns those before it.
func until(t *testing.T, c *zkcache.Cache, want string) []string {
	t.Helper()
	var before []string
	deadline := time.After(time.Hour)
	for {
		select {
		case e := <-c.Events():
			if line(e) == want {
				return before
			}
			before = append(before, line(e))
		case <-deadline:
			t.Fatalf("no event %q, got %q", want, before)
		}
	}
}

func sorted(lines []string) []string { slices.Sort(lines); return lines }
