package lockbox

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/metadata"
)

// kept are locks over a store in memory, with tasks that may be granted some, and how
// often one was given back.
func kept(t *testing.T, store *metadata.Store, active ...string) (l *Locks, wakes *int) {
	t.Helper()
	wakes = new(int)
	l = New(store.Tasks, hclog.NewNullLogger(), func() { *wakes++ })
	for _, id := range active {
		l.Add(id)
	}
	return l, wakes
}

func newStore(t *testing.T) *metadata.Store {
	t.Helper()
	store, err := metadata.Open(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store
}

// task is one on wiki, of a group of its own.
func task(id string, priority int) druid.Task {
	return druid.Task{ID: id, GroupID: id, DataSource: "wiki", Context: map[string]json.RawMessage{"priority": fmt.Append(nil, priority)}}
}

// tryHours asks for hours of wiki.
func (l *Locks) tryHours(t *testing.T, id string, priority, from, to int) *druid.TaskLock {
	t.Helper()
	lock, err := l.Try(t.Context(), task(id, priority), druid.LockExclusive, hours(from, to))
	if err != nil {
		t.Fatal(err)
	}
	return lock
}

// stored are the locks of the store, a line each.
func stored(t *testing.T, store *metadata.Store) []string {
	t.Helper()
	all, err := store.Locks(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	lines := []string{}
	for id, locks := range all {
		for _, l := range locks {
			lines = append(lines, fmt.Sprintf("%s %d-%d revoked %v", id, l.Interval.Start/3_600_000, l.Interval.End/3_600_000, l.Revoked))
		}
	}
	slices.Sort(lines)
	return lines
}

func TestGrantsAreInTheStore(t *testing.T) {
	store := newStore(t)
	l, wakes := kept(t, store, "a", "b")
	if l.tryHours(t, "a", 0, 0, 2) == nil || l.tryHours(t, "b", 0, 1, 3) != nil {
		t.Fatal("got other answers than granted and refused")
	}
	if l.tryHours(t, "b", 1, 1, 3) == nil {
		t.Fatal("got no lock by the higher priority")
	}
	if got := stored(t, store); !slices.Equal(got, []string{"a 0-2 revoked true", "b 1-3 revoked false"}) {
		t.Errorf("got %q stored", got)
	}
	unlocked := l.Unlocked()
	l.Remove(t.Context(), "b")
	select {
	case <-unlocked:
	default:
		t.Error("those who wait were not woken")
	}
	if got := stored(t, store); !slices.Equal(got, []string{"a 0-2 revoked true"}) || *wakes == 0 {
		t.Errorf("got %q stored and %d calls", got, *wakes)
	}
}

func TestTaskThatIsNotActiveGetsNoLock(t *testing.T) {
	l, _ := kept(t, newStore(t), "a")
	l.Forget("a")
	_, err := l.Try(t.Context(), task("a", 0), druid.LockExclusive, hours(0, 1))
	if want := "Unable to grant lock to inactive Task [a]"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestLockThatCannotBeStoredIsNotHeld(t *testing.T) {
	store := newStore(t)
	l, _ := kept(t, store, "a")
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Try(t.Context(), task("a", 0), druid.LockExclusive, hours(0, 1)); err == nil {
		t.Error("got a lock of a store that is closed")
	}
	if held := l.Held("a"); len(held) != 0 {
		t.Errorf("got %v held", held)
	}
}

func TestNextLeaderHoldsWhatActiveTasksHeld(t *testing.T) {
	store := newStore(t)
	first, _ := kept(t, store, "a", "gone")
	first.tryHours(t, "a", 0, 0, 1)
	first.tryHours(t, "gone", 0, 1, 2)
	second, _ := kept(t, store, "a", "b")
	if err := second.Restore(t.Context()); err != nil {
		t.Fatal(err)
	}
	if second.tryHours(t, "b", 0, 0, 1) != nil || second.tryHours(t, "b", 0, 1, 2) == nil {
		t.Error("got other locks held than that of the active task")
	}
}

func TestLockFoundLateIsLostToItsPresentHolder(t *testing.T) {
	store := newStore(t)
	earlier, _ := kept(t, store, "free", "late")
	earlier.tryHours(t, "free", 0, 0, 1)
	earlier.tryHours(t, "late", 0, 1, 2)
	l, _ := kept(t, store, "here", "free", "late")
	l.tryHours(t, "here", 0, 1, 2)
	if err := l.RestoreOf(t.Context(), []string{"free", "late"}); err != nil {
		t.Fatal(err)
	}
	if len(l.Held("free")) != 1 || len(l.Held("late")) != 0 {
		t.Errorf("got %v and %v held, want only what nobody has now", l.Held("free"), l.Held("late"))
	}
	if got := stored(t, store); !slices.Equal(got, []string{"free 0-1 revoked false", "here 1-2 revoked false"}) {
		t.Errorf("got %q stored", got)
	}
}

func TestSegmentsAreWrittenUnderLocksInForce(t *testing.T) {
	l, _ := kept(t, newStore(t), "a", "b")
	lock := l.tryHours(t, "a", 0, 0, 2)
	segment := []druid.DataSegment{{DataSource: "wiki", Interval: hours(0, 1), Version: lock.Version, ShardSpec: druid.NoneShardSpec()}}
	if may, err := l.MayWrite("a", segment); !may || err != nil {
		t.Errorf("the holder: got %v %v", may, err)
	}
	if may, err := l.MayWrite("b", segment); may || err == nil {
		t.Errorf("another: got %v %v, want an error", may, err)
	}
	l.tryHours(t, "b", 1, 0, 2)
	if may, err := l.MayWrite("a", segment); may || err != nil {
		t.Errorf("after it was revoked: got %v %v, want false and no error", may, err)
	}
}
