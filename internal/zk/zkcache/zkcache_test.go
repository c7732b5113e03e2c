package zkcache_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/druid"
	"oakmoot/internal/worldtest"
	"oakmoot/internal/zk/zkcache"
	"oakmoot/internal/zk/zkconn"
	"oakmoot/zkembed"
)

var withData = zkcache.Options{Data: true}

func TestCacheMakesTheDirectoryThatItWatches(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		c := w.start(withData)
		expect(t, c, "initialized")
		data, stat, err := w.Conn.Get(t.Context(), "/dir")
		if err != nil || len(data) != 0 || stat.EphemeralOwner != 0 {
			t.Errorf("directory: got data %q, stat %+v, error %v; want a persistent empty node", data, stat, err)
		}
	})
}

func TestCacheReportsTheFirstListingAndThenInitialized(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.Put("/dir/b", "2")
		w.Put("/dir/a", "1")
		expect(t, w.start(withData), "added a 1", "added b 2", "initialized")
	})
}

func TestCacheReportsWhatComesChangesAndGoes(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		c := w.start(withData)
		expect(t, c, "initialized")
		w.Put("/dir/a", "1")
		expect(t, c, "added a 1")
		w.Put("/dir/a", "2")
		expect(t, c, "updated a 2")
		w.Put("/dir/a", "3")
		expect(t, c, "updated a 3")
		w.Delete("/dir/a")
		expect(t, c, "removed a 3")
		w.Put("/dir/a", "4")
		expect(t, c, "added a 4")
	})
}

func TestCacheReportsAReplacedChildAsRemovedAndAdded(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		c := w.start(withData)
		expect(t, c, "initialized")
		w.Put("/dir/a", "1")
		expect(t, c, "added a 1")
		defer w.link.Delay(nil, time.Second, 0)() // both changes are over before the cache looks
		w.Delete("/dir/a")
		w.Put("/dir/a", "2")
		if diff := cmp.Diff([]string{"removed a 1"}, until(t, c, "added a 2")); diff != "" {
			t.Errorf("before it was added (-want +got):\n%s", diff)
		}
		expect(t, c)
	})
}

func TestCacheDropsAChildThatGoesBetweenListAndRead(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		c := w.start(withData)
		expect(t, c, "initialized")
		defer w.link.Delay(nil, time.Second, 0)()
		w.Put("/dir/short", "1")
		w.Delete("/dir/short")
		w.Put("/dir/long", "2")
		if before := until(t, c, "added long 2"); len(before) > 0 {
			t.Errorf("got %q before, want nothing of the short one", before)
		}
	})
}

func TestCacheReportsARemovedChildWithItsLastData(t *testing.T) {
	for _, test := range []struct {
		name string
		opts zkcache.Options
		want []string
	}{
		{"packed", zkcache.Options{Data: true, Decompress: true}, []string{"added a text", "initialized", "removed a text"}},
		{"raw", zkcache.Options{Data: true}, []string{"added a " + string(druid.Gzip([]byte("text"))), "initialized", "removed a " + string(druid.Gzip([]byte("text")))}},
		{"without data", zkcache.Options{}, []string{"added a", "initialized", "removed a"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				w.Put("/dir/a", string(druid.Gzip([]byte("text"))))
				c := w.start(test.opts)
				synctest.Wait()
				w.Delete("/dir/a")
				expect(t, c, test.want...)
			})
		})
	}
}

func TestCacheMakesARemovedDirectoryAgain(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.Put("/dir/a", "1")
		c := w.start(withData)
		expect(t, c, "added a 1", "initialized")
		w.Delete("/dir/a")
		expect(t, c, "removed a 1")
		w.Delete("/dir")
		expect(t, c)
		w.Put("/dir/b", "2")
		expect(t, c, "added b 2")
	})
}

func TestShortDisconnectRemovesNothingAndFindsWhatChanged(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.Put("/dir/gone", "1")
		w.Put("/dir/kept", "1")
		w.Put("/dir/changed", "1")
		c := w.start(withData)
		expect(t, c, "added changed 1", "added gone 1", "added kept 1", "initialized")
		w.link.Cut()
		expect(t, c, "suspended")
		w.Delete("/dir/gone")
		w.Put("/dir/changed", "2")
		w.Put("/dir/new", "1")
		w.link.Heal()
		got := until(t, c, "reconnected")
		if diff := cmp.Diff([]string{"added new 1", "removed gone 1", "updated changed 2"}, sorted(got)); diff != "" {
			t.Errorf("before reconnected (-want +got):\n%s", diff)
		}
		expect(t, c)
	})
}

// Curator reports it as updated. A reader of a queue, such as a historical, would take
// the new request for the old one.
func TestChildReplacedDuringADisconnectIsReportedAsRemovedAndAdded(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.Put("/dir/a", "1")
		c := w.start(withData)
		expect(t, c, "added a 1", "initialized")
		w.link.Cut()
		time.Sleep(2 * worldtest.SessionTimeout)
		w.Delete("/dir/a")
		w.Put("/dir/a", "2")
		w.link.Heal()
		want := []string{"suspended", "lost", "removed a 1", "added a 2"}
		if diff := cmp.Diff(want, until(t, c, "reconnected")); diff != "" {
			t.Errorf("before reconnected (-want +got):\n%s", diff)
		}
	})
}

func TestLongDisconnectIsReportedAsLostWithoutRemovals(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.Put("/dir/a", "1")
		c := w.start(withData)
		expect(t, c, "added a 1", "initialized")
		w.link.Cut()
		time.Sleep(2 * worldtest.SessionTimeout)
		expect(t, c, "suspended", "lost")
		w.Delete("/dir/a")
		w.link.Heal()
		got := until(t, c, "reconnected")
		if diff := cmp.Diff([]string{"removed a 1"}, got); diff != "" {
			t.Errorf("before reconnected (-want +got):\n%s", diff)
		}
	})
}

func TestCacheContinuesInANewSession(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.Put("/dir/a", "1")
		c := w.start(withData)
		expect(t, c, "added a 1", "initialized")
		if err := w.ZK.Expire(t.Context(), zkembed.SessionID(w.own.SessionID())); err != nil {
			t.Fatal(err)
		}
		until(t, c, "reconnected")
		w.Put("/dir/a", "2")
		expect(t, c, "updated a 2")
		w.Put("/dir/b", "1")
		expect(t, c, "added b 1")
	})
}

// A cache that added a watch at each reconnection would read a changed child once for
// each of them.
func TestReconnectionsDoNotMultiplyReads(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.Put("/dir/a", "0")
		counted := &countingConn{Conn: w.own}
		w.own = counted
		c := w.start(withData)
		expect(t, c, "added a 0", "initialized")
		for range 5 {
			w.link.Disconnect()
			until(t, c, "reconnected")
		}
		synctest.Wait()
		counted.gets = 0
		w.Put("/dir/a", "1")
		expect(t, c, "updated a 1")
		if counted.gets != 1 {
			t.Errorf("got %d reads for one change, want 1", counted.gets)
		}
	})
}

// countingConn counts reads with a watch; one goroutine makes them.
type countingConn struct {
	zkconn.Conn
	gets int
}

func (c *countingConn) GetW(ctx context.Context, path string) ([]byte, *zkconn.Stat, zkconn.Watch, error) {
	c.gets++
	return c.Conn.GetW(ctx, path)
}

func TestSlowReaderGetsEachChildsLastState(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.Put("/dir/a", "first")
		c := w.start(withData)
		const changes = 3000
		for i := range changes {
			w.Put("/dir/a", fmt.Sprint(i))
			synctest.Wait()
		}
		got := take(c)
		if last, want := got[len(got)-1], fmt.Sprintf("updated a %d", changes-1); last != want {
			t.Errorf("last event: got %q, want %q", last, want)
		}
		if len(got) > changes/2 {
			t.Errorf("got %d events of %d changes, want the old ones merged", len(got), changes)
		}
	})
}

func TestCacheEndsWithItsConnection(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		c := w.start(withData)
		expect(t, c, "initialized")
		w.own.Close()
		expect(t, c, "end")
	})
}

func TestStopEndsTheEvents(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.Put("/dir/a", "1")
		c := w.start(withData)
		c.Stop()
		if got := take(c); got[len(got)-1] != "end" {
			t.Errorf("got %q, want an end", got)
		}
		c.Stop()
	})
}
