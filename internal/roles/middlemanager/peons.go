package middlemanager

import (
	"context"
	"errors"
	"slices"
	"time"

	"oakmoot/internal/druid"
)

// Why a peon's context ends before its task does.
var (
	errShutdown = errors.New("shut down over HTTP")
	errStopping = errors.New("the worker stops")
)

// enqueue hands a task to the peons. As in ForkingTaskRunner, capacity bounds
// how many run at once and not how many are accepted.
func (m *monitor) enqueue(task druid.Task) {
	m.running[task.ID] = &running{
		task:     task,
		status:   druid.TaskStatus{ID: task.ID, Status: druid.TaskRunning, Duration: -1},
		location: druid.UnknownLocation(),
		started:  time.Now(),
	}
	m.waiting = append(m.waiting, task.ID)
	m.saveRunning()
}

// saveRunning remembers which tasks to restore should the worker end now.
func (m *monitor) saveRunning() {
	ids := make([]string, 0, len(m.running))
	for id := range m.running {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	if err := m.store.putRunning(ids); err != nil {
		m.log.Warn("running tasks not saved", "error", err)
	}
}

// startPeons gives free slots to those who wait.
func (m *monitor) startPeons(ctx context.Context) {
	for m.slots > 0 && len(m.waiting) > 0 {
		id := m.waiting[0]
		m.waiting = m.waiting[1:]
		m.slots--
		m.startPeon(ctx, m.running[id])
	}
}

func (m *monitor) startPeon(ctx context.Context, r *running) {
	ctx, r.stop = context.WithCancelCause(ctx)
	id, stop := r.task.ID, r.stop
	a := newAttempt(m, r.task)
	r.logFile = a.logFile
	m.help(func() func() {
		status := a.run(ctx)
		stop(nil)
		return func() {
			m.slots++
			m.notices = append(m.notices, func() []write { return m.finished(id, status) })
		}
	})
}

// shutdown ends a task that runs or waits; its end is reported as any other.
func (m *monitor) shutdown(id string) {
	r, ok := m.running[id]
	switch {
	case !ok:
		m.log.Info("shutdown of an unknown task ignored", "task", id)
	case r.stop != nil:
		m.log.Info("shutting down", "task", id)
		r.stop(errShutdown)
	default:
		m.log.Info("shutting down before it has started", "task", id)
		m.waiting = slices.DeleteFunc(m.waiting, func(w string) bool { return w == id })
		m.notices = append(m.notices, func() []write { return m.finished(id, failed(id)) })
	}
}

// failed is the status of a task whose peon did not come to a result.
func failed(id string) druid.TaskStatus {
	return druid.TaskStatus{ID: id, Status: druid.TaskFailed, Duration: -1}
}
