package inventory_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/druid"
	"oakmoot/internal/worldtest"
	"oakmoot/internal/zk/inventory"
	"oakmoot/zkembed"
)

// forms are both forms; a test run with forEachForm holds for either.
var forms = map[string]inventory.Form{"batch": inventory.Batch, "legacy": inventory.Legacy}

func forEachForm(t *testing.T, f func(t *testing.T, w *world, form inventory.Form)) {
	t.Helper()
	for name, form := range forms {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) { f(t, w, form) })
		})
	}
}

func TestViewReportsServersAndTheirSegmentsAndThenInitialized(t *testing.T) {
	forEachForm(t, func(t *testing.T, w *world, form inventory.Form) {
		w.start("a:1").announce("x y")
		w.start("b:1").announce("x")
		v := w.view(form)
		got := v.take()
		if last := got[len(got)-1]; last != "initialized" {
			t.Errorf("last: got %q, want initialized", last)
		}
		slices.Sort(got)
		want := []string{"added x a:1", "added x b:1", "added y a:1", "initialized", "server added a:1", "server added b:1"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
	})
}

func TestViewWithoutServersIsInitializedAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.view(inventory.Batch).expect(t, "initialized")
	})
}

func TestViewFollowsSegmentsAsTheyComeAndGo(t *testing.T) {
	forEachForm(t, func(t *testing.T, w *world, form inventory.Form) {
		s := w.start("a:1")
		v := w.view(form)
		v.expect(t, "server added a:1", "initialized")
		s.announce("x")
		v.expect(t, "added x a:1")
		s.announce("y")
		v.expect(t, "added y a:1")
		s.unannounce("x")
		v.expect(t, "removed x a:1")
		s.unannounce("y")
		v.expect(t, "removed y a:1")
	})
}

func TestViewMakesTheDirectoryOfAServersSegments(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.start("a:1")
		w.view(inventory.Batch).take()
		stat, err := w.Conn.Exists(t.Context(), "/druid/segments/a:1")
		if err != nil || stat == nil || stat.EphemeralOwner != 0 {
			t.Errorf("got %+v, %v; want a persistent directory", stat, err)
		}
	})
}

func TestServerThatGoesTakesItsSegmentsWithoutAnEventForEach(t *testing.T) {
	forEachForm(t, func(t *testing.T, w *world, form inventory.Form) {
		s := w.start("a:1")
		s.announce("x y")
		v := w.view(form)
		v.take()
		w.Must(s.Unannounce(t.Context(), w.Paths.Announcement("a:1")))
		v.expect(t, "server removed a:1")
		s.announce("z") // nobody is looking any more
		v.expect(t)
		if diff := cmp.Diff(map[string]string{}, v.served()); diff != "" {
			t.Errorf("snapshot (-want +got):\n%s", diff)
		}
		w.Must(s.Announce(t.Context(), w.Paths.Announcement("a:1"), w.marshal(s.meta), false))
		v.take()
		if diff := cmp.Diff(map[string]string{"a:1": "x y z"}, v.served()); diff != "" {
			t.Errorf("snapshot when it is back (-want +got):\n%s", diff)
		}
	})
}

func TestSegmentsWithoutAnAnnouncedServerAreInvisible(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.Put(w.Paths.Segment("stale:1", "batch"), string(w.marshal(segments("x"))))
		w.view(inventory.Batch).expect(t, "initialized")
	})
}

func TestServersNewMetadataKeepsItsSegments(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		s := w.start("a:1")
		s.announce("x")
		v := w.view(inventory.Batch)
		v.take()
		s.meta.Tier = "hot"
		w.Must(s.Update(t.Context(), w.Paths.Announcement("a:1"), w.marshal(s.meta)))
		v.expect(t, "server updated a:1")
		if got := v.Snapshot()[0]; got.Meta.Tier != "hot" || len(got.Segments) != 1 {
			t.Errorf("got tier %s and %d segments, want hot and one", got.Meta.Tier, len(got.Segments))
		}
	})
}

func TestUpdatedBatchIsReportedAsItsDifference(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.start("a:1")
		v := w.view(inventory.Batch)
		v.take()
		node := w.Paths.Segment("a:1", "node")
		for _, step := range []struct {
			holds string
			want  []string
		}{
			{"x y z", []string{"added x a:1", "added y a:1", "added z a:1"}},
			{"y w", []string{"added w a:1", "removed x a:1", "removed z a:1"}},
			{"w y", nil},
			{"", []string{"removed w a:1", "removed y a:1"}},
			{"x", []string{"added x a:1"}},
		} {
			w.Put(node, string(w.marshal(append([]druid.DataSegment{}, segments(step.holds)...))))
			v.expect(t, step.want...)
		}
		w.Delete(node)
		v.expect(t, "removed x a:1")
	})
}

func TestSegmentInTwoBatchesStaysUntilItHasLeftBoth(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.start("a:1")
		v := w.view(inventory.Batch)
		v.take()
		one, two := w.Paths.Segment("a:1", "one"), w.Paths.Segment("a:1", "two")
		w.Put(one, string(w.marshal(segments("x"))))
		w.Put(two, string(w.marshal(segments("x y"))))
		v.expect(t, "added x a:1", "added y a:1")
		w.Delete(two)
		v.expect(t, "removed y a:1")
		w.Delete(one)
		v.expect(t, "removed x a:1")
	})
}

func TestUnreadableAnnouncementsAreSkipped(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.Put(w.Paths.Announcement("bad:1"), "not JSON")
		w.Put(w.Paths.Announcement("good:1"), string(w.marshal(meta("good:1")))) // not packed, which is fine
		w.Put(w.Paths.Segment("good:1", "bad"), `{"no":"array"}`)
		w.Put(w.Paths.Segment("good:1", "good"), string(druid.Gzip(w.marshal(segments("x")))))
		v := w.view(inventory.Batch)
		v.expect(t, "server added good:1", "added x good:1", "initialized")
		w.Put(w.Paths.Segment("good:1", "good"), "spoilt")
		v.expect(t)
		w.Put(w.Paths.Segment("good:1", "good"), string(w.marshal(segments("x y"))))
		v.expect(t, "added y good:1")
		w.Delete(w.Paths.Segment("good:1", "bad"))
		w.Delete(w.Paths.Announcement("bad:1"))
		v.expect(t)
	})
}

func TestViewRemovesNothingWhileItIsCutOffAndFindsEverythingAfter(t *testing.T) {
	forEachForm(t, func(t *testing.T, w *world, form inventory.Form) {
		stays, goes := w.start("stays:1"), w.start("goes:1")
		stays.announce("x y")
		goes.announce("x")
		v := w.view(form)
		v.take()
		v.link.Cut()
		time.Sleep(2 * worldtest.SessionTimeout)
		goes.Stop()
		stays.unannounce("x")
		stays.announce("z")
		w.start("new:1").announce("x")
		v.expect(t)
		v.link.Heal()
		want := map[string]string{"stays:1": "y z", "new:1": "x"}
		w.Until("the view is right", func() bool { return cmp.Equal(want, v.served()) })
		got := v.take()
		slices.Sort(got)
		got = slices.DeleteFunc(got, func(line string) bool { return line == "removed x goes:1" }) // if its segments are seen to go first
		wantTold := []string{"added x new:1", "added z stays:1", "removed x stays:1", "server added new:1", "server removed goes:1"}
		if diff := cmp.Diff(wantTold, got); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
	})
}

func TestServerWhoseSessionIsLostGoesAndComesBackWhole(t *testing.T) {
	forEachForm(t, func(t *testing.T, w *world, form inventory.Form) {
		s := w.start("a:1")
		s.announce("x y z w")
		v := w.view(form)
		v.take()
		w.Must(w.ZK.Expire(t.Context(), zkembed.SessionID(s.Conn.SessionID())))
		w.Until("a new session", func() bool { stat, _ := w.Conn.Exists(t.Context(), w.Paths.Announcement("a:1")); return stat != nil })
		time.Sleep(time.Second)
		if diff := cmp.Diff(map[string]string{"a:1": "w x y z"}, v.served()); diff != "" {
			t.Errorf("snapshot (-want +got):\n%s", diff)
		}
	})
}

func TestSnapshotIsACopy(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.start("a:1").announce("x")
		v := w.view(inventory.Batch)
		v.take()
		clear(v.Snapshot()[0].Segments)
		if diff := cmp.Diff(map[string]string{"a:1": "x"}, v.served()); diff != "" {
			t.Errorf("snapshot (-want +got):\n%s", diff)
		}
	})
}

func TestViewEndsWithItsConnection(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.start("a:1").announce("x")
		zc := w.Open(w.Net.DialContext)
		v := inventory.Start(t.Context(), zc, w.Paths, inventory.Batch, nil)
		for e := range v.Events() {
			if e.Type == inventory.Initialized {
				zc.Close()
			}
		}
		v.Stop()
	})
}
