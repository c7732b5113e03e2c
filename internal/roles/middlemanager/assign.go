package middlemanager

import (
	"fmt"

	"oakmoot/internal/druid"
)

// maxKnownTasks bounds what one overlord can pile up on a worker; an assignment
// above it stays where it is.
const maxKnownTasks = 10_000

// refuse answers an assignment that this worker cannot run with a failed task. The
// loop calls it.
func (m *monitor) refuse(id string, why error) {
	if m.tasks.in(id) != unknown {
		return
	}
	refused := druid.TaskAnnouncement{Status: failed(id).WithMessage(why.Error()), Resource: druid.TaskResource{AvailabilityGroup: id, RequiredCapacity: 1}, Location: druid.UnknownLocation()}
	m.notices.add(func() []write {
		w := m.tree.setStatus(refused)
		w.what = takeTask
		return []write{w}
	})
}

// origin is how an assignment came.
type origin int

const (
	byNode    origin = iota // a node in the worker's directory, which an overlord may take back
	byRequest               // over HTTP, or found on disk
)

// assign accepts a task, once: WorkerTaskManager.assignTask. The loop calls it. A
// task that came over HTTP is kept on disk; for the others their node stands.
func (m *monitor) assign(task druid.Task, how origin) error {
	if m.tasks.in(task.ID) != unknown {
		m.log.Info("assignment ignored, the task exists already", "task", task.ID)
		if how == byNode {
			m.notices.add(func() []write { return m.takeAgain(task) })
		}
		return nil
	}
	if err := checkID(task.ID); err != nil {
		return err
	}
	if len(m.tasks.open) >= maxKnownTasks {
		return fmt.Errorf("assign task %s: %d tasks are here already", task.ID, maxKnownTasks)
	}
	start := m.take
	if how == byRequest {
		start = m.startNow
		if err := m.store.putAssigned(task); err != nil {
			return fmt.Errorf("assign task %s: %w", task.ID, err)
		}
	}
	m.tasks.enter(newTask(task), assigned)
	m.history.add(taskUpdate(runningAnnouncement(task)))
	m.notices.add(func() []write { return start(task) })
	return nil
}

// takeAgain is the notice that a task was assigned that is here already: its overlord
// did not hear that it had made the node before. That node is deleted; Druid leaves it,
// and runs the task once more after a restart.
func (m *monitor) takeAgain(task druid.Task) []write {
	if !m.tasks.begun(task.ID) {
		m.tasks.enter(newTask(task), assigned) // the node before it was taken back
	}
	return m.take(task)
}

// take is the notice that a task was assigned by a node. Its status appears and the
// node goes in one transaction, and only then the task runs: when the node is gone,
// so is its overlord, and another one may give the task to somebody else. In Druid the
// task runs all the same.
func (m *monitor) take(task druid.Task) []write {
	if m.tasks.begun(task.ID) {
		return m.startNow(task)
	}
	m.log.Debug("assignment", "task", task.ID, "type", task.Type)
	w := m.tree.setStatus(runningAnnouncement(task))
	w.what = takeTask
	w.done = func(err error) {
		if err == nil {
			m.begin(task)
			return
		}
		m.log.Warn("assigned task not started", "task", task.ID, "error", err)
		m.tasks.leave(task.ID)
		m.history.add(taskRemoval(task.ID))
	}
	return []write{w}
}

// startNow is the notice that starts a task that only the worker knows of: RUNNING first,
// then the assignment goes, if there is one.
func (m *monitor) startNow(task druid.Task) []write {
	if m.tasks.begun(task.ID) {
		m.log.Warn("run notice for a task that runs or has ended", "task", task.ID)
		return []write{{what: deleteTask, id: task.ID}}
	}
	if m.tasks.in(task.ID) == unknown {
		m.tasks.enter(newTask(task), assigned) // an assignment by a node was taken back meanwhile
	}
	m.begin(task)
	return []write{m.tree.setStatus(runningAnnouncement(task)), {what: deleteTask, id: task.ID}}
}

// begin hands an assigned task to the peons.
func (m *monitor) begin(task druid.Task) {
	m.runner.accept(m.tasks.all[task.ID])
	m.saveRunning()
	if err := m.store.removeAssigned(task.ID); err != nil {
		m.log.Error("assigned task not removed from disk", "task", task.ID, "error", err)
	}
	m.history.add(taskUpdate(runningAnnouncement(task)))
	m.log.Info("task started", "task", task.ID)
}

// located is the notice that a peon's port is open.
func (m *monitor) located(id string, at druid.TaskLocation) []write {
	t := m.tasks.active(id)
	if t == nil || t.announcement.Location == at {
		return nil
	}
	t.announcement.Location = at
	m.history.add(taskUpdate(t.announcement))
	return []write{m.tree.setStatus(t.announcement)}
}

// finished is the notice that a peon has ended.
func (m *monitor) finished(id string, status druid.TaskStatus) []write {
	t := m.tasks.all[id]
	m.tasks.complete(t, status)
	m.saveRunning()
	if err := m.store.putCompleted(t.announcement); err != nil {
		m.log.Error("completed task not kept on disk", "task", id, "error", err)
	}
	m.history.add(taskUpdate(t.announcement))
	m.log.Info("task ended", "task", id, "status", status.Status)
	return []write{m.tree.setStatus(t.announcement)}
}

// saveRunning keeps on disk which tasks to restore, should the worker end now.
func (m *monitor) saveRunning() {
	if err := m.store.putRunning(m.tasks.activeIDs()); err != nil {
		m.log.Warn("running tasks not saved", "error", err)
	}
}

// shutdown ends a task, if it is active here.
func (m *monitor) shutdown(id string) {
	if t := m.tasks.active(id); t != nil {
		m.runner.shutdown(t)
		return
	}
	m.log.Info("shutdown of an unknown task ignored", "task", id)
}
