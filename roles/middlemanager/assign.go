package middlemanager

import (
	"context"
	"errors"
	"fmt"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/zkcache"
	"oakmoot/internal/zkconn"
	"oakmoot/internal/zkpath"
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
		accepted <- m.assign(task)
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
	m.notices = append(m.notices, func() []write { return []write{m.setStatus(failed), {deleteTask, id, nil}} })
}

// assign accepts a task, once: WorkerTaskManager.assignTask. The loop calls it.
func (m *monitor) assign(task druid.Task) error {
	if m.knows(task.ID) {
		m.log.Info("assignment ignored, the task exists already", "task", task.ID)
		return nil
	}
	if err := checkID(task.ID); err != nil {
		return err
	}
	if len(m.assigned)+len(m.running) >= maxKnownTasks {
		return fmt.Errorf("assign task %s: %d tasks are here already", task.ID, maxKnownTasks)
	}
	if err := m.store.putAssigned(task); err != nil {
		return fmt.Errorf("assign task %s: %w", task.ID, err)
	}
	m.assigned[task.ID] = task
	m.history.add(taskUpdate(runningAnnouncement(task)))
	m.notices = append(m.notices, func() []write { return m.run(task) })
	return nil
}

func (m *monitor) knows(id string) bool {
	_, assigned := m.assigned[id]
	_, running := m.running[id]
	_, completed := m.completed[id]
	return assigned || running || completed
}

// run is the notice that starts an assigned task: RUNNING first, then the
// assignment goes.
func (m *monitor) run(task druid.Task) []write {
	_, isRunning := m.running[task.ID]
	_, isCompleted := m.completed[task.ID]
	if isRunning || isCompleted {
		m.log.Warn("run notice for a task that runs or has ended", "task", task.ID)
		return []write{{deleteTask, task.ID, nil}}
	}
	m.enqueue(task)
	delete(m.assigned, task.ID)
	if err := m.store.removeAssigned(task.ID); err != nil {
		m.log.Error("assigned task not removed from disk", "task", task.ID, "error", err)
	}
	announcement := runningAnnouncement(task)
	m.history.add(taskUpdate(announcement))
	m.log.Info("task started", "task", task.ID)
	return []write{m.setStatus(announcement), {deleteTask, task.ID, nil}}
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
