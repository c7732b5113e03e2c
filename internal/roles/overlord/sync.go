package overlord

import (
	"context"
	"errors"

	"oakmoot/internal/run/metadata"
)

// compare makes the queue hold the tasks that are active in the store, but for their
// locks: TaskQueue.syncFromStorage. Tasks get there behind the queue's back when an
// overlord that is no longer leading takes them, or ends them, before it knows.
//
// found are new to the queue, gone are no longer in it.
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

// cannotRead reports, once, a task in the store that is not understood.
func (q *queue) cannotRead(ctx context.Context, id string, err error) {
	if !q.unread[id] && ctx.Err() == nil {
		q.log.Error("active task not read", "task", id, "error", err)
		q.unread[id] = true
	}
}

// unfind takes tasks out again that were found in the store. The next time they are
// found anew.
func (q *queue) unfind(found map[string]*item) {
	for id, it := range found {
		it.stopTimers()
		delete(q.tasks, id)
		q.locks.Forget(id)
	}
}

// isActive asks the store about a task that is not in the queue. While the store does
// not answer, that is not known.
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
