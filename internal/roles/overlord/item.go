package overlord

import (
	"oakmoot/internal/druid"
	"oakmoot/internal/run/clock"
	"oakmoot/internal/run/loop"
)

// runState is how far the runner is with a task: RunnerTaskState.
type runState string

const (
	waiting runState = "WAITING" // its locks are not granted yet
	pending runState = "PENDING" // no worker has it yet
	running runState = "RUNNING"
)

// item is an active task.
type item struct {
	task    druid.Task
	created druid.Timestamp
	number  int               // in the order in which the queue got them
	ended   *druid.TaskStatus // how it has ended, until that is in the store
	recheck *loop.Timer       // of a task that is not ready yet
	unheard bool              // its end is not stored: a bug, for the museum
	work                      // the runner's part
}

// work is the runner's part of an item, RemoteTaskRunnerWorkItem: which worker has the
// task, and how far it is.
type work struct {
	clock    *clock.Clock
	state    runState
	queued   druid.Timestamp // when it became pending
	worker   string          // host, while it runs
	location druid.TaskLocation
	acked    bool        // its status has been seen
	timeout  *loop.Timer // of the assignment
}

func newItem(task druid.Task, created druid.Timestamp, number int) *item {
	return &item{task: task, created: created, number: number, work: work{state: waiting, location: druid.UnknownLocation()}}
}

func (it *item) stopTimers() {
	it.timeout.Stop()
	it.recheck.Stop()
}

// becomePending notes that a task is ready to run.
func (w *work) becomePending() { w.state, w.queued = pending, druid.At(w.clock.Now()) }

// assigned notes that a task was given to a worker, which has not answered yet.
func (w *work) assigned(host string, timeout *loop.Timer) {
	w.leaveQueue()
	w.worker, w.acked, w.timeout = host, false, timeout
}

// acknowledged notes that a worker has a status of the task.
func (w *work) acknowledged(host string, location druid.TaskLocation) {
	w.timeout.Stop()
	w.leaveQueue()
	w.worker, w.acked, w.location = host, true, location
}

// leaveQueue makes a task running. It counts as pending for a moment at least.
func (w *work) leaveQueue() {
	if w.state == waiting {
		w.becomePending()
	}
	w.state = running
}

// unassigned makes the task wait again, because no worker has it.
func (w *work) unassigned() {
	w.timeout.Stop()
	w.state, w.worker = waiting, ""
}

// runnerPlus is an active task as the lists show it. If the runner has it, it is shown
// with the time at which the runner got it.
func (it *item) runnerPlus() druid.TaskStatusPlus {
	plus := druid.TaskStatusPlus{
		ID: it.task.ID, Type: it.task.Type, CreatedTime: it.created, StatusCode: druid.TaskRunning,
		RunnerStatusCode: string(it.state), Location: druid.UnknownLocation(), DataSource: it.task.DataSource,
	}
	if it.state != waiting {
		plus.CreatedTime, plus.QueueInsertionTime, plus.Location = it.queued, it.queued, it.location
	}
	return plus
}
