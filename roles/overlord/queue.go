package overlord

import (
	"context"
	"errors"
	"fmt"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/metadata"
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
	state    runState
	queued   druid.Timestamp // when it became pending
	worker   string          // host, while it runs
	location druid.TaskLocation
	acked    bool        // its status has been seen
	timeout  *time.Timer // of the assignment
	recheck  *time.Timer // of a task that is not ready yet
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
	t.tasks[task.ID] = &item{task: task, created: created, state: waiting, location: druid.UnknownLocation()}
	t.dirty = true
	return nil
}

// manage is one pass of TaskQueue.manage: what is ready becomes pending, what is
// pending goes to a worker that has room, and what the workers run though nobody
// asked for it is shut down.
func (t *term) manage(ctx context.Context) {
	for _, it := range t.queue() {
		if it.state == waiting && t.adopt(it) {
			continue
		}
		if it.state == waiting {
			t.makeReady(ctx, it)
		}
	}
	for _, it := range t.queue() {
		if it.state == pending && !t.adopt(it) {
			t.assign(ctx, it)
		}
	}
	t.tidyStatuses()
}

// finish ends an active task: TaskQueue.notifyStatus. The store learns of it and
// its locks are given back. false is a status that could not be stored: the worker's
// node must stay, so that the next leader finds it there.
func (t *term) finish(ctx context.Context, it *item, status druid.TaskStatus) bool {
	it.stopTimers()
	delete(t.tasks, it.task.ID)
	err := t.store.SetTaskStatus(ctx, status)
	if errors.Is(err, metadata.ErrNoActiveTask) {
		err = nil
	}
	if err != nil {
		t.log.Error("status not stored", "task", it.task.ID, "status", status.Status, "error", err)
	}
	t.unlockAll(ctx, it.task.ID)
	t.wakeWaiters()
	t.log.Info("task ended", "task", it.task.ID, "status", status.Status, "millis", status.Duration)
	return err == nil
}

// fail ends an active task that no worker has ended.
func (t *term) fail(it *item) {
	t.finish(t.life, it, druid.TaskStatus{ID: it.task.ID, Status: druid.TaskFailed, Duration: -1})
}

// shutdown is TaskQueue.shutdown: the task has failed from this moment on; a worker
// that runs it is told. One that has not answered its assignment yet is told when it
// does.
func (t *term) shutdown(id string) {
	it := t.tasks[id]
	if it == nil {
		return
	}
	t.fail(it)
	if it.state == running && it.acked {
		t.askShutdown(it.worker, id)
	}
}
