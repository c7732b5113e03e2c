package overlord

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/druid"
	"oakmoot/internal/roles/overlord/lockbox"
	"oakmoot/internal/run/loop"
	"oakmoot/internal/run/metadata"
)

// queue holds the active tasks: TaskQueue of Druid. It knows nothing of workers; the
// runner writes into the items which worker has which task.
type queue struct {
	maxSize int
	store   metadata.Tasks
	locks   *lockbox.Locks
	loop    *loop.Loop
	log     hclog.Logger

	tasks    map[string]*item
	received int             // tasks that were ever in tasks
	unread   map[string]bool // active ones that the store has and that are not understood
	due      bool            // something has changed since the last pass over the queue
}

func newQueue(maxSize int, store metadata.Tasks, l *loop.Loop, log hclog.Logger) *queue {
	q := &queue{maxSize: maxSize, store: store, loop: l, log: log, tasks: map[string]*item{}, unread: map[string]bool{}}
	q.locks = lockbox.New(store, log, q.requestManagement)
	q.locks.Clock = l.Clock
	return q
}

// requestManagement asks for a pass over the queue: TaskQueue.requestManagement.
func (q *queue) requestManagement() { q.due = true }

// restore reads the active tasks and their locks from the store, at the beginning of a
// term.
func (q *queue) restore(ctx context.Context) error {
	active, err := q.store.ActiveTasks(ctx)
	if err != nil {
		return fmt.Errorf("active tasks: %w", err)
	}
	for _, info := range active {
		q.enqueue(info.Task, info.Created)
	}
	return q.locks.Restore(ctx)
}

// add stores a task as running, and then queues it: TaskQueue.add.
func (q *queue) add(ctx context.Context, task druid.Task) error {
	if len(q.tasks) >= q.maxSize {
		return fmt.Errorf("Too many tasks (max = %d)", q.maxSize)
	}
	created := druid.At(q.loop.Clock.Now())
	status := druid.TaskStatus{ID: task.ID, Status: druid.TaskRunning, Duration: -1}
	if err := q.store.InsertTask(ctx, task, status, created); err != nil {
		return err
	}
	q.enqueue(task, created)
	q.log.Debug("task queued", "task", task.ID, "type", task.Type, "dataSource", task.DataSource, "active", len(q.tasks))
	return nil
}

func (q *queue) enqueue(task druid.Task, created druid.Timestamp) *item {
	q.received++
	it := newItem(task, created, q.received)
	it.clock = q.loop.Clock
	q.tasks[task.ID] = it
	q.locks.Add(task.ID)
	q.requestManagement()
	return it
}

// get returns an active task, or nil.
func (q *queue) get(id string) *item { return q.tasks[id] }

// task is an active task as it was submitted.
func (q *queue) task(id string) (druid.Task, bool) {
	if it := q.tasks[id]; it != nil {
		return it.task, true
	}
	return druid.Task{}, false
}

// has reports whether an item is still in the queue, not merely another of its id.
func (q *queue) has(it *item) bool { return q.tasks[it.task.ID] == it }

// ordered lists the active tasks, oldest first.
func (q *queue) ordered() []*item {
	all := make([]*item, 0, len(q.tasks))
	for _, it := range q.tasks {
		all = append(all, it)
	}
	slices.SortFunc(all, func(a, b *item) int { return cmp.Compare(a.number, b.number) })
	return all
}

// in lists the tasks in a state that have not ended, oldest first.
func (q *queue) in(state runState) []*item {
	return slices.DeleteFunc(q.ordered(), func(it *item) bool { return it.state != state || it.ended != nil })
}

// listing lists active tasks, oldest first; "" is any datasource or type.
func (q *queue) listing(state runState, dataSource, kind string) []druid.TaskStatusPlus {
	var all []druid.TaskStatusPlus
	for _, it := range q.ordered() {
		if it.state == state && (dataSource == "" || it.task.DataSource == dataSource) && (kind == "" || it.task.Type == kind) {
			all = append(all, it.runnerPlus())
		}
	}
	return all
}

// makeReady makes a task pending if it may run.
func (q *queue) makeReady(ctx context.Context, it *item) {
	ready, again, err := isReady(ctx, q.locks, it)
	switch {
	case errors.Is(err, lockbox.ErrPreempted): // its group has lost the lock: the task waits until that is given back
	case err != nil:
		q.log.Warn("exception while waiting for the task to be ready to run", "task", it.task.ID, "error", err)
		q.fail(ctx, it)
	case ready:
		it.becomePending()
		q.log.Debug("task has its locks", "task", it.task.ID)
	case again > 0 && it.recheck == nil:
		it.recheck = q.loop.After(again, func() { it.recheck = nil; q.requestManagement() })
	}
}

// finish ends an active task: TaskQueue.notifyStatus. The status goes into the store, and
// the task's locks are given back. If the store does not take the status, the task stays
// in the queue, and the worker's node stays too: finishEnded tries again, or the next
// leader finds the node. It reports whether the task has left the queue.
func (q *queue) finish(ctx context.Context, it *item, status druid.TaskStatus) bool {
	it.stopTimers()
	if it.ended == nil {
		it.ended = &status
	}
	err := q.store.SetTaskStatus(ctx, *it.ended)
	if err != nil && !errors.Is(err, metadata.ErrNoActiveTask) {
		q.log.Error("status not stored", "task", it.task.ID, "status", it.ended.Status, "error", err)
		return false
	}
	q.drop(ctx, it)
	q.log.Info("task ended", "task", it.task.ID, "status", it.ended.Status, "millis", it.ended.Duration)
	return true
}

// fail ends an active task that no worker has ended.
func (q *queue) fail(ctx context.Context, it *item) {
	q.finish(ctx, it, druid.TaskStatus{ID: it.task.ID, Status: druid.TaskFailed, Duration: -1})
}

// finishEnded tries again to store what the store has not taken.
func (q *queue) finishEnded(ctx context.Context) {
	for _, it := range q.ordered() {
		if it.ended != nil {
			q.finish(ctx, it, *it.ended)
		}
	}
}

// drop takes a task out of the queue and gives its locks back.
func (q *queue) drop(ctx context.Context, it *item) {
	it.stopTimers()
	delete(q.tasks, it.task.ID)
	q.locks.Remove(ctx, it.task.ID)
}

// stop ends the timers of all tasks.
func (q *queue) stop() {
	for _, it := range q.tasks {
		it.stopTimers()
	}
}
