package overlord

import (
	"context"
	"errors"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/metadata"
)

// syncFromStorage makes the queue hold the tasks that are active in the store:
// TaskQueue.syncFromStorage. Tasks get there behind the queue's back when a leader
// that is one no more takes them, or ends them, before it knows.
func (t *term) syncFromStorage(ctx context.Context) {
	if err := t.trySync(ctx); err != nil && ctx.Err() == nil {
		t.log.Error("queue not compared with the store", "error", err)
	}
}

func (t *term) trySync(ctx context.Context) error {
	ids, err := t.store.ActiveTaskIDs(ctx)
	if err != nil {
		return err
	}
	active, found := map[string]bool{}, map[string]*item{}
	for _, id := range ids {
		active[id] = true
		if t.tasks[id] != nil {
			continue
		}
		info, err := t.store.Task(ctx, id)
		if err != nil {
			t.cannotRead(ctx, id, err)
			continue
		}
		t.log.Info("task found in the store", "task", id)
		found[id] = t.enqueue(info.Task, info.Created)
	}
	for id, it := range t.tasks {
		if !active[id] {
			t.drop(ctx, it)
		}
	}
	if len(found) == 0 {
		return nil
	}
	err = t.restoreLocks(ctx, found)
	if err == nil {
		err = t.locate(ctx, found)
	}
	if err != nil {
		for id, it := range found { // the next time they are found anew
			it.stopTimers()
			delete(t.tasks, id)
		}
	}
	return err
}

// cannotRead tells, once, of a task in the store that is not understood.
func (t *term) cannotRead(ctx context.Context, id string, err error) {
	if !t.unread[id] && ctx.Err() == nil {
		t.log.Error("active task not read", "task", id, "error", err)
		t.unread[id] = true
	}
}

// restoreLocks takes in the locks that tasks got from an earlier leader while this
// one led. One that this leader has given to others meanwhile is lost.
func (t *term) restoreLocks(ctx context.Context, of map[string]*item) error {
	stored, err := t.store.Locks(ctx)
	if err != nil {
		return err
	}
	for id, locks := range stored {
		if of[id] == nil {
			continue
		}
		for _, lock := range locks {
			if t.locks.admits(lock) {
				t.locks.restore(map[string][]druid.TaskLock{id: {lock}}, func(string) bool { return true })
				continue
			}
			t.log.Warn("lock of a task found in the store is given away already", "task", id, "dataSource", lock.DataSource, "interval", lock.Interval)
			if err := t.store.RemoveLock(ctx, id, lock); err != nil {
				return err
			}
		}
	}
	return nil
}

// drop takes a task out of the queue that is complete in the store, or not there any
// more. A worker that runs it is told to end it: tidyStatuses.
func (t *term) drop(ctx context.Context, it *item) {
	t.log.Info("task is not active in the store any more", "task", it.task.ID)
	it.stopTimers()
	delete(t.tasks, it.task.ID)
	t.unlockAll(ctx, it.task.ID)
	t.wakeWaiters()
	if it.state == running && !it.acked {
		t.withdraw(ctx, it)
	}
}

// isActive asks the store about a task that is not in the queue. While the store does
// not answer, that is not known.
func (t *term) isActive(ctx context.Context, id string) (active, known bool) {
	status, err := t.store.TaskStatus(ctx, id)
	switch {
	case errors.Is(err, metadata.ErrNotFound):
		return false, true
	case err != nil:
		if ctx.Err() == nil {
			t.log.Warn("status not read", "task", id, "error", err)
		}
		return false, false
	}
	return !status.Complete(), true
}
