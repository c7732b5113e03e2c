package lockbox

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/clock"
	"oakmoot/internal/run/metadata"
)

// Locks are the locks of the active tasks, granted by the lockbox and kept in the
// store: TaskLockbox with its TaskStorage.
type Locks struct {
	Clock *clock.Clock // whose time is a lock's version

	// NeedsAll has Restore fail when a lock is not as good as it was: a bug, for the museum.
	NeedsAll bool

	box      *lockbox
	store    metadata.Tasks
	log      hclog.Logger
	active   map[string]bool // tasks that may be granted locks
	unlocked chan struct{}   // closed when a lock is given back
	changed  func()          // called when a lock is given back
}

// New starts with no lock granted; changed is called whenever one is given back.
func New(store metadata.Tasks, log hclog.Logger, changed func()) *Locks {
	return &Locks{box: &lockbox{}, store: store, log: log, active: map[string]bool{}, unlocked: make(chan struct{}), changed: changed}
}

// Add lets a task be granted locks: TaskLockbox.add.
func (l *Locks) Add(id string) { l.active[id] = true }

// Forget is Remove for a task that keeps its locks.
func (l *Locks) Forget(id string) { delete(l.active, id) }

// Remove takes back a task's locks, and lets it be granted no others: TaskLockbox.remove.
func (l *Locks) Remove(ctx context.Context, id string) {
	l.Forget(id)
	for _, lock := range l.box.held(id) {
		l.Unlock(ctx, id, lock.Interval)
	}
	l.wakeWaiters()
}

// Restore holds what active tasks hold according to the store: TaskLockbox.syncFromStorage.
func (l *Locks) Restore(ctx context.Context) error {
	stored, err := l.store.Locks(ctx)
	if err != nil {
		return fmt.Errorf("locks: %w", err)
	}
	if l.NeedsAll {
		if err := l.reacquire(stored); err != nil {
			return err
		}
	}
	l.box.restore(stored, func(id string) bool { return l.active[id] })
	return nil
}

// reacquire is an error when one of the locks was revoked for another task:
// TaskLockbox.syncFromStorage up to Druid 24, for the museum.
func (l *Locks) reacquire(stored map[string][]druid.TaskLock) error {
	for _, id := range slices.Sorted(maps.Keys(stored)) {
		for _, lock := range stored[id] {
			if l.active[id] && lock.Revoked {
				return fmt.Errorf("Could not reacquire lock on interval[%s] version[%s] for task: %s", lock.Interval, lock.Version, id)
			}
		}
	}
	return nil
}

// RestoreOf adds the locks that an earlier leader granted to some tasks when this one was
// already leading. A lock that this leader has granted to others meanwhile is lost.
func (l *Locks) RestoreOf(ctx context.Context, ids []string) error {
	stored, err := l.store.Locks(ctx)
	if err != nil {
		return err
	}
	for _, id := range ids {
		for _, lock := range stored[id] {
			if l.box.admits(lock) {
				l.box.restore(map[string][]druid.TaskLock{id: {lock}}, func(string) bool { return true })
				continue
			}
			l.log.Warn("lock of a task found in the store is given away already", "task", id, "dataSource", lock.DataSource, "interval", lock.Interval)
			if err := l.store.RemoveLock(ctx, id, lock); err != nil {
				return err
			}
		}
	}
	return nil
}

// ErrPreempted says that the lock of the task's group was revoked.
var ErrPreempted = errors.New("the lock is preempted and no longer valid")

// Try grants a lock to an active task and stores it, or returns nil. The error is
// ErrPreempted when there is no point in asking again.
func (l *Locks) Try(ctx context.Context, task druid.Task, kind string, interval druid.Interval) (*druid.TaskLock, error) {
	if !l.active[task.ID] {
		return nil, fmt.Errorf("Unable to grant lock to inactive Task [%s]", task.ID)
	}
	g, err := l.box.try(request{
		taskID: task.ID, groupID: task.GroupID, dataSource: task.DataSource, kind: kind, interval: interval,
		priority: priorityOf(task), version: druid.At(l.Clock.Now()).String(),
	})
	switch {
	case err != nil:
		return nil, err
	case g.preempted:
		return nil, ErrPreempted
	case g.lock == nil || !g.fresh:
		return g.lock, nil
	}
	if err := l.storeGrant(ctx, task.ID, g); err != nil {
		l.box.release(task.ID, interval)
		return nil, err
	}
	return g.lock, nil
}

// storeGrant stores a new lock, after having stored that others are revoked.
func (l *Locks) storeGrant(ctx context.Context, id string, g grant) error {
	for i, p := range g.revoked {
		for _, holder := range slices.Sorted(maps.Keys(p.tasks)) {
			l.log.Info("lock revoked", "task", holder, "dataSource", p.lock.DataSource, "interval", p.lock.Interval, "for", id)
			if err := l.store.ReplaceLock(ctx, holder, g.before[i], p.lock); err != nil {
				return fmt.Errorf("revoke lock of %s: %w", holder, err)
			}
		}
	}
	if err := l.store.AddLock(ctx, id, *g.lock); err != nil {
		return fmt.Errorf("store lock of %s: %w", id, err)
	}
	return nil
}

// Unlock gives back a task's lock on exactly an interval.
func (l *Locks) Unlock(ctx context.Context, id string, interval druid.Interval) {
	for _, lock := range l.box.release(id, interval) {
		if err := l.store.RemoveLock(ctx, id, lock); err != nil {
			l.log.Warn("lock not removed from the store", "task", id, "interval", interval, "error", err)
		}
	}
	l.wakeWaiters()
}

// wakeWaiters lets those who wait for a lock try again.
func (l *Locks) wakeWaiters() {
	close(l.unlocked)
	l.unlocked = make(chan struct{})
	l.changed()
}

// Held are the locks of a task, by interval.
func (l *Locks) Held(id string) []druid.TaskLock { return l.box.held(id) }

// Unlocked is closed when the next lock is given back.
func (l *Locks) Unlocked() <-chan struct{} { return l.unlocked }

// covered refuses segments that no lock of the task covers: TaskActionPreconditions.
func (l *Locks) covered(id string, segments []druid.DataSegment) error {
	held := l.box.held(id)
	if len(held) > 0 && !slices.ContainsFunc(segments, func(s druid.DataSegment) bool { return !l.box.covers(id, s) }) {
		return nil
	}
	return fmt.Errorf("Segments[[%s]] are not covered by locks[%v] for task[%s]", idsOf(segments), intervalsHeld(held), id)
}

func idsOf(segments []druid.DataSegment) string {
	ids := make([]string, len(segments))
	for i, s := range segments {
		ids[i] = s.ID().String()
	}
	return strings.Join(ids, ", ")
}

func intervalsHeld(locks []druid.TaskLock) []string {
	held := make([]string, len(locks))
	for i, l := range locks {
		held[i] = l.Interval.String() + " " + l.Version
	}
	return held
}

// MayWrite reports whether a task's locks over segments are in force; the error is that of
// a task without such locks.
func (l *Locks) MayWrite(id string, segments []druid.DataSegment) (bool, error) {
	if err := l.covered(id, segments); err != nil {
		return false, err
	}
	intervals := make([]druid.Interval, len(segments))
	for i, s := range segments {
		intervals[i] = s.Interval
	}
	return l.box.valid(id, intervals)
}
