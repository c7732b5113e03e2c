package announce_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/druid"
	"oakmoot/internal/worldtest"
	"oakmoot/internal/zk/zkconn"
	"oakmoot/zkembed"
)

const path = "/druid/announcements/h:8083"

func TestAnnouncementIsPackedAndEphemeral(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.start()
		p.announce(path, "hello", false)
		data, stat, err := w.Conn.Get(t.Context(), path)
		if err != nil || stat.EphemeralOwner != p.Conn.SessionID() {
			t.Fatalf("got %+v, %v; want a node of the session 0x%x", stat, err, p.Conn.SessionID())
		}
		if diff := cmp.Diff(druid.Gzip([]byte("hello")), data); diff != "" {
			t.Errorf("payload (-want +got):\n%s", diff)
		}
	})
}

func TestParentThatIsMadeHoldsAnAddressAndItsAncestorsNothing(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.start().announce(path, "hello", false)
		want := map[string]string{"": "", "/announcements": "127.0.0.1", "/announcements/h:8083": "hello"}
		if diff := cmp.Diff(want, w.Tree("/druid")); diff != "" {
			t.Errorf("tree (-want +got):\n%s", diff)
		}
		if stat := w.Stat("/druid/announcements"); stat.EphemeralOwner != 0 {
			t.Errorf("parent: got an owner, 0x%x; want a persistent node", stat.EphemeralOwner)
		}
	})
}

func TestSameDataAgainIsNoChangeAndOtherDataAnError(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.start()
		p.announce(path, "one", false)
		before := w.Stat(path)
		p.announce(path, "one", false)
		p.update(path, "one")
		if diff := cmp.Diff(before, w.Stat(path)); diff != "" {
			t.Errorf("stat after the same again (-want +got):\n%s", diff)
		}
		if err := p.Announce(t.Context(), path, []byte("two"), false); err == nil {
			t.Error("other data: got no error")
		}
		w.expect(path, "one")
		p.update(path, "two")
		w.expect(path, "two")
		if err := p.Update(t.Context(), path+"0", []byte("x")); err == nil {
			t.Error("update of what is not announced: got no error")
		}
		if err := p.Update(t.Context(), "/elsewhere/x", []byte("x")); err == nil {
			t.Error("update where nothing is announced: got no error")
		}
	})
}

func TestNodeThatSomebodyRemovesComesBackWithTheLatestData(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.start()
		p.announce(path, "old", false)
		p.update(path, "new")
		first := w.Stat(path).Czxid
		if err := w.Conn.Delete(t.Context(), path, -1); err != nil {
			t.Fatal(err)
		}
		w.expect(path, "new")
		if w.Stat(path).Czxid == first {
			t.Error("got the old node, want a new one")
		}
	})
}

// What others announce beside it is not its own affair: a thousand announcers would
// otherwise have a million watches.
func TestAnnouncerWatchesNothingButItsOwn(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		const announcers = 5
		for i := range announcers {
			w.start().announce(fmt.Sprintf("/druid/x/%d", i), "v", false)
		}
		synctest.Wait()
		if n := watches(t, w); n != announcers {
			t.Errorf("got %v watches, want one on each of %d announcements", n, announcers)
		}
	})
}

// An update is the announcer's own doing: it must not read back each batch that it writes.
func TestUpdateFiresNoWatchOfItsOwn(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.start()
		p.announce(path, "old", false)
		p.update(path, "new")
		synctest.Wait()
		if n := metric(t, w, "node_changed_watch_count"); n != 0 {
			t.Errorf("got %v watches that an update fired, want none", n)
		}
		if n := watches(t, w); n != 1 {
			t.Errorf("got %v watches, want one", n)
		}
	})
}

func watches(t *testing.T, w *world) float64 { return metric(t, w, "watch_count") }

// metric is one of the server's metrics.
func metric(t *testing.T, w *world, name string) float64 {
	t.Helper()
	all, err := w.ZK.Metrics(t.Context())
	w.Must(err)
	i := slices.IndexFunc(all, func(m zkembed.Metric) bool { return m.Name == name })
	if i < 0 {
		t.Fatalf("there is no metric %q in %v", name, all)
	}
	return all[i].Value
}

func TestUnannouncedNodeStaysAway(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.start()
		p.announce(path, "x", false)
		for range 2 { // it is no error if it is not announced
			if err := p.Unannounce(t.Context(), path); err != nil {
				t.Error(err)
			}
		}
		if err := p.Unannounce(t.Context(), "/elsewhere/x"); err != nil {
			t.Error(err)
		}
		p.Expire()
		time.Sleep(2 * worldtest.SessionTimeout)
		w.expect(path, "")
		p.announce(path, "y", false) // different data, but not another announcement
		w.expect(path, "y")
	})
}

func TestUnannounceDeletesInATransaction(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.start()
		p.announce(path, "x", false)
		if err := p.Unannounce(t.Context(), path); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		for commit, err := range w.ZK.Commits(ctx, 0) {
			if err != nil {
				t.Fatal(err)
			}
			if commit.Kind == zkembed.CommitDelete {
				if commit.Op != "multi" || commit.Path != path {
					t.Errorf("got %s of %s, want a multi of %s", commit.Op, commit.Path, path)
				}
				return
			}
		}
	})
}

func TestShortDisconnectLeavesTheNodeAsItIs(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.start()
		p.announce(path, "x", false)
		before := w.Stat(path)
		p.Link.Disconnect()
		time.Sleep(worldtest.SessionTimeout)
		if diff := cmp.Diff(before, w.Stat(path)); diff != "" {
			t.Errorf("stat (-want +got):\n%s", diff)
		}
	})
}

func TestEverythingIsAnnouncedAgainAfterALostSession(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.start()
		all := map[string]string{"": "127.0.0.1", "/a": "1", "/b": "2", "/c": "3"}
		for _, name := range []string{"/a", "/b", "/c"} {
			p.announce("/dir"+name, all[name], false)
		}
		for _, lose := range []func(){
			p.Expire,
			func() { p.Link.Cut(); time.Sleep(2 * worldtest.SessionTimeout); p.Link.Heal() },
			func() { undo := p.Link.Pause(); time.Sleep(2 * worldtest.SessionTimeout); undo() },
		} {
			old := p.Conn.SessionID()
			lose()
			w.Until("a new session", func() bool { return p.Conn.SessionID() != old })
			time.Sleep(time.Second)
			if diff := cmp.Diff(all, w.Tree("/dir")); diff != "" {
				t.Errorf("tree (-want +got):\n%s", diff)
			}
			if owner := w.Stat("/dir/b").EphemeralOwner; owner != p.Conn.SessionID() {
				t.Errorf("owner: got 0x%x, want the new session 0x%x", owner, p.Conn.SessionID())
			}
		}
	})
}

// The watch on the directory never saw such a node, so it cannot see it go.
func TestNodeThatWasNeverSeenIsAnnouncedAgainToo(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.start()
		p.announce("/dir/seen", "x", false)
		defer w.ZK.Fail(zkembed.Rule{Op: "create", Path: "/dir/unseen", Times: 1, Action: zkembed.ActDropReply})()
		go p.announce("/dir/unseen", "y", false)
		p.Expire()
		w.Until("both are back", func() bool { return w.Text("/dir/seen") == "x" && w.Text("/dir/unseen") == "y" })
		time.Sleep(2 * worldtest.SessionTimeout)
		w.expect("/dir/unseen", "y")
	})
}

func TestNodeOfAnEarlierIncarnationIsReplacedWhenItsSessionEnds(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		killed := w.start()
		killed.announce(path, "old", false)
		killed.Link.Cut()
		next := w.start()
		next.announce(path, "new", false)
		w.expect(path, "old")
		w.Until("the new data", func() bool { return w.Text(path) == "new" })
		if owner := w.Stat(path).EphemeralOwner; owner != next.Conn.SessionID() {
			t.Errorf("owner: got 0x%x, want 0x%x", owner, next.Conn.SessionID())
		}
	})
}

func TestAnnouncementWaitsForTheConnection(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.start()
		p.Link.Cut()
		go func() { time.Sleep(time.Minute); p.Link.Heal() }()
		start := time.Now()
		p.announce(path, "x", false)
		if waited := time.Since(start); waited < time.Minute {
			t.Errorf("returned after %v, want it to wait for a minute", waited)
		}
		w.expect(path, "x")
	})
}

func TestAbandonedAnnouncementIsStillMade(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.start()
		p.announce(path+"0", "first", false)
		p.Link.Cut()
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := p.Announce(short, path, []byte("x"), false); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the caller's deadline", err)
		}
		p.Link.Heal()
		w.Until("it is there", func() bool { return w.Text(path) == "x" })
	})
}

func TestCleanEndRemovesWhatWasCreatedHere(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		for _, dir := range []string{"/druid/announcements", "/druid/segments/other"} {
			if _, err := w.Conn.CreateParents(t.Context(), dir, nil, zkconn.Persistent); err != nil {
				t.Fatal(err)
			}
		}
		p := w.start()
		p.announce("/druid/announcements/h:1", "not made here", true)
		p.announce("/druid/segments/h:1/batch", "made here", true)
		p.announce("/druid/kept/h:1", "made here, to be kept", false)
		p.Stop()
		want := map[string]string{"": "", "/announcements": "", "/kept": "127.0.0.1", "/segments": "", "/segments/other": ""}
		if diff := cmp.Diff(want, w.Tree("/druid")); diff != "" {
			t.Errorf("tree (-want +got):\n%s", diff)
		}
	})
}

// All or none of them go, since they are deleted in one transaction.
func TestParentsStayWhenOneOfThemIsNotEmpty(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.start()
		p.announce("/a/x", "1", true)
		p.announce("/b/x", "2", true)
		if _, err := w.Conn.Create(t.Context(), "/b/foreign", nil, zkconn.Persistent); err != nil {
			t.Fatal(err)
		}
		p.Stop()
		for dir, want := range map[string]map[string]string{
			"/a": {"": "127.0.0.1"}, "/b": {"": "127.0.0.1", "/foreign": ""},
		} {
			if diff := cmp.Diff(want, w.Tree(dir)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", dir, diff)
			}
		}
	})
}

func TestEndWithoutAConnectionTakesAMoment(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.start()
		p.announce(path, "x", true)
		p.Link.Cut()
		go p.Announce(context.Background(), path+"0", []byte("y"), true) // it is given up when the announcer ends
		time.Sleep(time.Second)
		start := time.Now()
		p.Stop()
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("took %v, want a second or so", took)
		}
		if err := p.Announce(t.Context(), path, []byte("x"), true); err == nil {
			t.Error("after the end: got no error")
		}
	})
}
