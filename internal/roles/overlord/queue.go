package overlord

import (
	"context"
	"errors"
	"fmt"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/metadata"
)

// runState is what the runner does with a task: RunnerTaskState.
type runState string

const (
	waiting runState = "WAITING" // its locks are not granted yet
	pending runState = "PENDING" // no worker has it yet
	running runState = "RUNNING"
)

// item is an active task.
type item struct {
	task     druid.Task
	created  druid.Timestamp
	number   int // in the order in which the queue got them
	state    runState
	queued   druid.Timestamp // when it became pending
	worker   string          // host, while it runs
	location druid.TaskLocation
	acked    bool              // its status has been seen
	ended    *druid.TaskStatus // how it has ended, until the store has taken that
	timeout  *time.Timer       // of the assignment
	recheck  *time.Timer       // of a task that is not ready yet
}

func (it *item) stopTimers() {
	for _, timer := range []*time.Timer{it.timeout, it.recheck} {
		if timer != nil {
			timer.Stop()
		}
	}
}

// add is TaskQueue.add: the task is stored first, as running.
func (t *term) add(ctx context.Context, task druid.Task) error {
	if len(t.tasks) >= t.set.maxQueue {
		return fmt.Errorf("Too many tasks (max = %d)", t.set.maxQueue)
	}
	created := druid.At(time.Now())
	status := druid.TaskStatus{ID: task.ID, Status: druid.TaskRunning, Duration: -1}
	if err := t.store.InsertTask(ctx, task, status, created); err != nil {
		return err
	}
	t.enqueue(task, created)
	return nil
}

func (t *term) enqueue(task druid.Task, created druid.Timestamp) *item {
	t.received++
	it := &item{task: task, created: created, number: t.received, state: waiting, location: druid.UnknownLocation()}
	t.tasks[task.ID], t.dirty = it, true
	return it
}

// manage is one pass of TaskQueue.manage: what is ready becomes pending, what is
// pending goes to a worker that has room, and what the workers run though nobody
// asked for it is shut down.
func (t *term) manage(ctx context.Context) {
	for _, it := range t.queue() {
		if it.state == waiting && it.ended == nil && !t.adopt(it) {
			t.makeReady(ctx, it)
		}
	}
	for _, it := range t.queue() {
		if it.state == pending && it.ended == nil && !t.adopt(it) {
			t.assign(ctx, it)
		}
	}
	t.tidyStatuses()
}

// finish ends an active task: TaskQueue.notifyStatus. The store learns of it and
// its locks are given back. While the store does not take the status, the task stays
// in the queue with it, and so does the worker's node: lookAgain tries anew, or else
// the next leader finds the node.
func (t *term) finish(ctx context.Context, it *item, status druid.TaskStatus) {
	it.stopTimers()
	if it.ended == nil {
		it.ended = &status
	}
	err := t.store.SetTaskStatus(ctx, *it.ended)
	if err != nil && !errors.Is(err, metadata.ErrNoActiveTask) {
		t.log.Error("status not stored", "task", it.task.ID, "status", it.ended.Status, "error", err)
		return
	}
	delete(t.tasks, it.task.ID)
	t.unlockAll(ctx, it.task.ID)
	t.wakeWaiters()
	t.log.Info("task ended", "task", it.task.ID, "status", it.ended.Status, "millis", it.ended.Duration)
}

// fail ends an active task that no worker has ended.
func (t *term) fail(it *item) {
	t.finish(t.life, it, druid.TaskStatus{ID: it.task.ID, Status: druid.TaskFailed, Duration: -1})
}

// shutdown is TaskQueue.shutdown: the task has failed from this moment on; a worker
// that runs it is told. From one that has not answered its assignment yet that is
// taken back; Druid lets it begin and then tells it.
func (t *term) shutdown(id string) {
	it := t.tasks[id]
	if it == nil {
		return
	}
	t.fail(it)
	switch {
	case it.state != running:
	case it.acked:
		t.askShutdown(it.worker, id)
	default:
		t.withdraw(t.life, it)
	}
}
