package middlemanager

import (
	"context"
	"errors"
	"fmt"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/zk/zkcache"
	"oakmoot/internal/zk/zkconn"
	"oakmoot/internal/zk/zkpath"
)

// assignments reads each task that appears in the worker's directory and hands
// it to the loop. The data is read raw: a gzipped task is no task. What is no task
// that can run here has failed: 0.14.0 leaves it lying, and its overlord gives the
// worker nothing else for five minutes.
func (m *monitor) assignments(ctx context.Context, cache *zkcache.Cache) {
	for {
		select {
		case <-ctx.Done():
			return
		case e, ok := <-cache.Events():
			if !ok {
				return
			}
			if e.Type != zkcache.Added {
				continue
			}
			if err := m.readAssignment(ctx, e.Path); err != nil && ctx.Err() == nil {
				m.log.Error("assignment not taken", "path", e.Path, "error", err)
			}
		}
	}
}

func (m *monitor) readAssignment(ctx context.Context, path string) error {
	data, _, err := m.zc.Get(ctx, path)
	if errors.Is(err, zkconn.ErrNoNode) {
		return nil // taken back before it was read
	}
	if err != nil {
		return err
	}
	if len(data) == 0 {
		return errors.New("there is no task in it; it may hold other znodes, of an id with a slash")
	}
	id := zkpath.Name(path)
	task, err := druid.ParseTask(data, druid.At(time.Now()))
	if err == nil {
		err = checkID(task.ID)
	}
	accepted := make(chan error, 1)
	select {
	case m.reports <- func() {
		if err != nil {
			m.refuse(id, err)
			accepted <- err
			return
		}
		accepted <- m.assign(task, byNode)
	}:
		return <-accepted
	case <-ctx.Done():
		return ctx.Err()
	}
}

// refuse answers an assignment that is no task for this worker with a failed one.
// The loop calls it.
func (m *monitor) refuse(id string, why error) {
	if m.knows(id) {
		return
	}
	status := druid.TaskStatus{ID: id, Status: druid.TaskFailed, Duration: -1}.WithMessage(why.Error())
	failed := druid.TaskAnnouncement{Status: status, Resource: druid.TaskResource{AvailabilityGroup: id, RequiredCapacity: 1}, Location: druid.UnknownLocation()}
	m.notices = append(m.notices, func() []write {
		w := m.setStatus(failed)
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
	if m.knows(task.ID) {
		m.log.Info("assignment ignored, the task exists already", "task", task.ID)
		if how == byNode {
			m.notices = append(m.notices, func() []write { return m.takeAgain(task) })
		}
		return nil
	}
	if err := checkID(task.ID); err != nil {
		return err
	}
	if len(m.assigned)+len(m.running) >= maxKnownTasks {
		return fmt.Errorf("assign task %s: %d tasks are here already", task.ID, maxKnownTasks)
	}
	start := m.take
	if how == byRequest {
		start = m.run
		if err := m.store.putAssigned(task); err != nil {
			return fmt.Errorf("assign task %s: %w", task.ID, err)
		}
	}
	m.assigned[task.ID] = task
	m.history.add(taskUpdate(runningAnnouncement(task)))
	m.notices = append(m.notices, func() []write { return start(task) })
	return nil
}

func (m *monitor) knows(id string) bool {
	_, assigned := m.assigned[id]
	return assigned || m.hasBegun(id)
}

// hasBegun tells whether a task runs here, waits for a slot, or has ended.
func (m *monitor) hasBegun(id string) bool {
	_, running := m.running[id]
	_, completed := m.completed[id]
	return running || completed
}

// takeAgain is the notice that a task was assigned that is here already: by an
// overlord that did not hear that it had made the node before. That node goes; Druid
// leaves it lying, and runs the task once more when it has been restarted.
func (m *monitor) takeAgain(task druid.Task) []write {
	if !m.hasBegun(task.ID) {
		m.assigned[task.ID] = task // the node before it was taken back
	}
	return m.take(task)
}

// take is the notice that a task was assigned by a node. Its status appears and the
// node goes in one transaction, and only then the task runs: when the node is gone,
// its overlord is, and another one may give the task to somebody else. In Druid the
// task runs all the same.
func (m *monitor) take(task druid.Task) []write {
	if m.hasBegun(task.ID) {
		return m.run(task)
	}
	w := m.setStatus(runningAnnouncement(task))
	w.what = takeTask
	w.done = func(err error) {
		if err == nil {
			m.begin(task)
			return
		}
		m.log.Warn("assigned task not started", "task", task.ID, "error", err)
		delete(m.assigned, task.ID)
		m.history.add(taskRemoval(task.ID))
	}
	return []write{w}
}

// run is the notice that starts a task that only the worker knows of: RUNNING first,
// then the assignment goes, if there is one.
func (m *monitor) run(task druid.Task) []write {
	if m.hasBegun(task.ID) {
		m.log.Warn("run notice for a task that runs or has ended", "task", task.ID)
		return []write{{what: deleteTask, id: task.ID}}
	}
	m.begin(task)
	return []write{m.setStatus(runningAnnouncement(task)), {what: deleteTask, id: task.ID}}
}

// begin hands an assigned task to the peons.
func (m *monitor) begin(task druid.Task) {
	m.enqueue(task)
	delete(m.assigned, task.ID)
	if err := m.store.removeAssigned(task.ID); err != nil {
		m.log.Error("assigned task not removed from disk", "task", task.ID, "error", err)
	}
	m.history.add(taskUpdate(runningAnnouncement(task)))
	m.log.Info("task started", "task", task.ID)
}

// located is the notice that a peon's port is open.
func (m *monitor) located(id string, at druid.TaskLocation) []write {
	r, ok := m.running[id]
	if !ok || r.location == at {
		return nil
	}
	r.location = at
	announcement := announcementOf(r.task, r.status, at)
	m.history.add(taskUpdate(announcement))
	return []write{m.setStatus(announcement)}
}

// finished is the notice that a peon has ended.
func (m *monitor) finished(id string, status druid.TaskStatus) []write {
	r, ok := m.running[id]
	if !ok {
		return nil
	}
	status.Duration = time.Since(r.started).Milliseconds()
	latest := announcementOf(r.task, status, r.location)
	delete(m.running, id)
	m.saveRunning()
	m.completed[id] = latest
	if err := m.store.putCompleted(latest); err != nil {
		m.log.Error("completed task not kept on disk", "task", id, "error", err)
	}
	m.history.add(taskUpdate(latest))
	m.log.Info("task ended", "task", id, "status", status.Status)
	return []write{m.setStatus(latest)}
}
