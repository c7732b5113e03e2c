package middlemanager

import (
	"context"
	"fmt"
	"slices"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/clock"
)

// state is how far a task has come on this worker.
type state string

const (
	unknown   state = "unknown"   // not here yet, or no longer
	assigned  state = "assigned"  // accepted, its notice not yet handled: WorkerTaskManager.assignedTasks
	waiting   state = "waiting"   // accepted by the runner, no slot yet
	running   state = "running"   // a peon has it
	ending    state = "ending"    // its peon is done, its result is not yet known to the overlord
	completed state = "completed" // ended, kept until the overlord knows: WorkerTaskManager.completedTasks
)

// successors are the states that may follow each state. A result that is found on disk
// begins as completed.
var successors = map[state][]state{
	unknown:   {assigned, completed},
	assigned:  {waiting, unknown},
	waiting:   {running, ending},
	running:   {ending},
	ending:    {completed},
	completed: {unknown},
}

// task is one task on this worker, from its assignment until no overlord needs its
// result.
type task struct {
	druid.Task   // empty when only the result was found on disk
	state        state
	announcement druid.TaskAnnouncement // what its status node says, or will say next
	started      time.Time              // when the runner accepted it, by its clock
	clock        *clock.Clock
	stop         context.CancelCauseFunc
	logFile      string // empty until it has had a slot
}

// newTask is a task that has just been accepted.
func newTask(t druid.Task) *task {
	return &task{Task: t, state: unknown, announcement: runningAnnouncement(t)}
}

// become moves the task to its next state. A step that successors does not have is a
// mistake of this package.
func (t *task) become(next state) {
	if !slices.Contains(successors[t.state], next) {
		panic(fmt.Sprintf("middlemanager: task %s cannot be %s after %s", t.announcement.Status.ID, next, t.state))
	}
	t.state = next
}

// active reports whether the runner has the task: ForkingTaskRunner.tasks.
func (t *task) active() bool { return slices.Contains([]state{waiting, running, ending}, t.state) }

// run is the step from waiting to running.
func (t *task) run(stop context.CancelCauseFunc, logFile string) {
	t.become(running)
	t.stop, t.logFile = stop, logFile
}

// complete is the step from ending to completed.
func (t *task) complete(result druid.TaskStatus) {
	t.become(completed)
	result.Duration = t.clock.Since(t.started).Milliseconds()
	t.announcement.Status = result
}

// announcementOf is a task's announcement: TaskAnnouncement.create.
func announcementOf(t druid.Task, s druid.TaskStatus, at druid.TaskLocation) druid.TaskAnnouncement {
	return druid.TaskAnnouncement{Status: s, Type: t.Type, Resource: t.Resource, Location: at, DataSource: t.DataSource}
}

func runningAnnouncement(t druid.Task) druid.TaskAnnouncement {
	return announcementOf(t, druid.TaskStatus{ID: t.ID, Status: druid.TaskRunning, Duration: -1}, druid.UnknownLocation())
}

// failed is the status of a task whose peon did not come to a result.
func failed(id string) druid.TaskStatus {
	return druid.TaskStatus{ID: id, Status: druid.TaskFailed, Duration: -1}
}
