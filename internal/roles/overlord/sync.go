package overlord

import (
	"context"
	"errors"

	"oakmoot/internal/run/metadata"
)

// compare makes the queue hold the tasks that are active in the store, without their
// locks: TaskQueue.syncFromStorage. The store changes behind the queue's back when an
// overlord that is no longer leading takes or ends a task before it knows that.
//
// found are the tasks that have entered the queue, gone those that have left it.
func (q *queue) compare(ctx context.Context) (found map[string]*item, gone []*item, err error) {
	ids, err := q.store.ActiveTaskIDs(ctx)
	if err != nil {
		return nil, nil, err
	}
	active, found := map[string]bool{}, map[string]*item{}
	for _, id := range ids {
		active[id] = true
		if q.tasks[id] != nil {
			continue
		}
		info, err := q.store.Task(ctx, id)
		if err != nil {
			q.cannotRead(ctx, id, err)
			continue
		}
		q.log.Info("task found in the store", "task", id)
		found[id] = q.enqueue(info.Task, info.Created)
	}
	for _, it := range q.ordered() {
		if !active[it.task.ID] {
			q.log.Info("task is not active in the store any more", "task", it.task.ID)
			q.drop(ctx, it)
			gone = append(gone, it)
		}
	}
	return found, gone, nil
}

// cannotRead logs, once, that a task in the store is not understood.
func (q *queue) cannotRead(ctx context.Context, id string, err error) {
	if !q.unread[id] && ctx.Err() == nil {
		q.log.Error("active task not read", "task", id, "error", err)
		q.unread[id] = true
	}
}

// unfind takes tasks that compare has found out of the queue, for the next time to find
// them again.
func (q *queue) unfind(found map[string]*item) {
	for id, it := range found {
		it.stopTimers()
		delete(q.tasks, id)
		q.locks.Forget(id)
	}
}

// isActive asks the store about a task that is not in the queue; known is false when the
// store does not answer.
func (q *queue) isActive(ctx context.Context, id string) (active, known bool) {
	status, err := q.store.TaskStatus(ctx, id)
	switch {
	case errors.Is(err, metadata.ErrNotFound):
		return false, true
	case err != nil:
		if ctx.Err() == nil {
			q.log.Warn("status not read", "task", id, "error", err)
		}
		return false, false
	}
	return !status.Complete(), true
}
