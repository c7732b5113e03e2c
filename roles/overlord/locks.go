package overlord

import (
	"context"
	"encoding/json"
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

// tryLock grants a lock to an active task and stores it, or refuses with nil.
func (t *term) tryLock(ctx context.Context, it *item, kind string, interval druid.Interval) (*druid.TaskLock, error) {
	g, err := t.locks.try(lockRequest{
		taskID: it.task.ID, groupID: it.task.GroupID, dataSource: it.task.DataSource, kind: kind, interval: interval,
		priority: priorityOf(it.task), version: druid.At(time.Now()).String(),
	})
	if err != nil {
		return nil, err
	}
	for i, p := range g.revoked {
		for id := range p.tasks {
			if err := t.store.ReplaceLock(ctx, id, g.before[i], p.lock); err != nil {
				return nil, fmt.Errorf("revoke lock of %s: %w", id, err)
			}
		}
	}
	if g.lock == nil || !g.fresh {
		return g.lock, nil
	}
	if err := t.store.AddLock(ctx, it.task.ID, *g.lock); err != nil {
		t.locks.release(it.task.ID, interval)
		return nil, fmt.Errorf("store lock of %s: %w", it.task.ID, err)
	}
	return g.lock, nil
}

// unlock gives back a task's lock on exactly an interval.
func (t *term) unlock(ctx context.Context, id string, interval druid.Interval) {
	for _, lock := range t.locks.release(id, interval) {
		if err := t.store.RemoveLock(ctx, id, lock); err != nil {
			t.log.Warn("lock not removed from the store", "task", id, "interval", interval, "error", err)
		}
	}
	close(t.unlocked)
	t.unlocked, t.dirty = make(chan struct{}), true
}

func (t *term) unlockAll(ctx context.Context, id string) {
	for _, lock := range t.locks.held(id) {
		t.unlock(ctx, id, lock.Interval)
	}
}
