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
		if it.state == pending {
			t.assign(ctx, it)
		}
	}
	t.shutStrays()
}

// makeReady asks the task whether it may run: Task.isReady.
func (t *term) makeReady(ctx context.Context, it *item) {
	ready, again, err := t.isReady(ctx, it)
	switch {
	case err != nil:
		t.log.Warn("exception while waiting for the task to be ready to run", "task", it.task.ID, "error", err)
		t.finish(ctx, it, druid.TaskStatus{ID: it.task.ID, Status: druid.TaskFailed, Duration: -1})
	case ready:
		it.state, it.queued = pending, druid.At(time.Now())
	case again > 0 && it.recheck == nil:
		it.recheck = t.after(again, func() { it.recheck, t.dirty = nil, true })
	}
}

// errExceptionAsked is what a noop task with isReadyResult EXCEPTION throws.
var errExceptionAsked = errors.New("Not ready. Never will be ready. Go away!")

// isReady takes the locks that a task of its kind needs before it runs. again is
// when to ask anew, if it is a matter of time.
func (t *term) isReady(ctx context.Context, it *item) (ready bool, again time.Duration, err error) {
	switch it.task.Type {
	case "noop":
		return noopReady(it)
	case "index":
		return t.indexReady(ctx, it)
	case "kill", "archive", "move", "restore":
		kill, err := it.task.Kill()
		if err != nil {
			return false, 0, err
		}
		lock, err := t.tryLock(ctx, it, druid.LockExclusive, kill.Interval)
		return lock != nil, 0, err
	}
	return true, 0, nil
}

func noopReady(it *item) (ready bool, again time.Duration, err error) {
	noop, err := it.task.Noop()
	if err != nil {
		return false, 0, err
	}
	if left := time.Until(it.created.Time()) + time.Duration(noop.IsReadyTime)*time.Millisecond; left > 0 && noop.IsReadyTime > 0 {
		return false, left, nil
	}
	switch noop.IsReadyResult {
	case "YES":
		return true, 0, nil
	case "NO":
		return false, 0, nil
	}
	return false, 0, errExceptionAsked
}

// indexReady locks the buckets of an index task that names its intervals, joined
// where they abut. One that does not locks while it runs.
func (t *term) indexReady(ctx context.Context, it *item) (bool, time.Duration, error) {
	index, err := it.task.Index()
	if err != nil {
		return false, 0, err
	}
	buckets, given, err := index.Spec.DataSchema.GranularitySpec.BucketIntervals()
	if err != nil || !given {
		return err == nil, 0, err
	}
	for _, interval := range joined(buckets) {
		lock, err := t.tryLock(ctx, it, druid.LockExclusive, interval)
		if err != nil || lock == nil {
			return false, 0, err
		}
	}
	return true, 0, nil
}

// joined are sorted intervals with those that touch made one.
func joined(sorted []druid.Interval) []druid.Interval {
	var all []druid.Interval
	for _, i := range sorted {
		if n := len(all); n > 0 && i.Start <= all[n-1].End {
			all[n-1].End = max(all[n-1].End, i.End)
			continue
		}
		all = append(all, i)
	}
	return all
}

// finish ends an active task: TaskQueue.notifyStatus. The store learns of it, its
// locks are given back, and the worker's status node goes.
func (t *term) finish(ctx context.Context, it *item, status druid.TaskStatus) {
	it.stopTimers()
	delete(t.tasks, it.task.ID)
	if err := t.store.SetTaskStatus(ctx, status); err != nil && !errors.Is(err, metadata.ErrNoActiveTask) {
		t.log.Error("status not stored", "task", it.task.ID, "status", status.Status, "error", err)
	}
	t.unlockAll(ctx, it.task.ID)
	t.log.Info("task ended", "task", it.task.ID, "status", status.Status, "millis", status.Duration)
	t.dirty = true
}

// shutdown is TaskQueue.shutdown: the task has failed from this moment on; a worker
// that runs it is told.
func (t *term) shutdown(ctx context.Context, id string) {
	it := t.tasks[id]
	if it == nil {
		return
	}
	t.finish(ctx, it, druid.TaskStatus{ID: id, Status: druid.TaskFailed, Duration: -1})
	if it.state == running {
		t.askShutdown(it.worker, id)
	}
}
