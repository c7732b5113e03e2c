package overlord

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"oakmoot/internal/druid"
)

// Priorities of locks: Tasks of Druid.
const (
	priorityRealtime = 75
	priorityBatch    = 50
	priorityMerge    = 25
	priorityOther    = 0
)

// priorityOf is a task's priority: its context's, else that of its kind.
func priorityOf(task druid.Task) int {
	if raw, ok := task.Context["priority"]; ok {
		var n int
		if json.Unmarshal(raw, &n) == nil {
			return n
		}
	}
	switch {
	case strings.HasPrefix(task.Type, "index_realtime"):
		return priorityRealtime
	case strings.HasPrefix(task.Type, "index"):
		return priorityBatch
	case task.Type == "compact" || task.Type == "append" || strings.HasSuffix(task.Type, "merge"):
		return priorityMerge
	}
	return priorityOther
}

// errPreempted is a lock that the task's group had, and that was revoked.
var errPreempted = errors.New("the lock is preempted and no longer valid")

// tryLock grants a lock to an active task and stores it, or refuses with nil. It is
// errPreempted when there is no use in asking again.
func (t *term) tryLock(ctx context.Context, it *item, kind string, interval druid.Interval) (*druid.TaskLock, error) {
	if t.tasks[it.task.ID] == nil {
		return nil, fmt.Errorf("Unable to grant lock to inactive Task [%s]", it.task.ID)
	}
	g, err := t.locks.try(lockRequest{
		taskID: it.task.ID, groupID: it.task.GroupID, dataSource: it.task.DataSource, kind: kind, interval: interval,
		priority: priorityOf(it.task), version: druid.At(time.Now()).String(),
	})
	switch {
	case err != nil:
		return nil, err
	case g.preempted:
		return nil, errPreempted
	case g.lock == nil || !g.fresh:
		return g.lock, nil
	}
	if err := t.storeGrant(ctx, it.task.ID, g); err != nil {
		t.locks.release(it.task.ID, interval)
		return nil, err
	}
	return g.lock, nil
}

// storeGrant stores a new lock, and before it that others are revoked.
func (t *term) storeGrant(ctx context.Context, id string, g grant) error {
	for i, p := range g.revoked {
		for holder := range p.tasks {
			t.log.Info("lock revoked", "task", holder, "dataSource", p.lock.DataSource, "interval", p.lock.Interval, "for", id)
			if err := t.store.ReplaceLock(ctx, holder, g.before[i], p.lock); err != nil {
				return fmt.Errorf("revoke lock of %s: %w", holder, err)
			}
		}
	}
	if err := t.store.AddLock(ctx, id, *g.lock); err != nil {
		return fmt.Errorf("store lock of %s: %w", id, err)
	}
	return nil
}

// unlock gives back a task's lock on exactly an interval.
func (t *term) unlock(ctx context.Context, id string, interval druid.Interval) {
	for _, lock := range t.locks.release(id, interval) {
		if err := t.store.RemoveLock(ctx, id, lock); err != nil {
			t.log.Warn("lock not removed from the store", "task", id, "interval", interval, "error", err)
		}
	}
	t.wakeWaiters()
}

func (t *term) unlockAll(ctx context.Context, id string) {
	for _, lock := range t.locks.held(id) {
		t.unlock(ctx, id, lock.Interval)
	}
}

// wakeWaiters lets those who wait for a lock try again.
func (t *term) wakeWaiters() {
	close(t.unlocked)
	t.unlocked, t.dirty = make(chan struct{}), true
}
