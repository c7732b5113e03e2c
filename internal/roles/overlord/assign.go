package overlord

import (
	"context"
	"errors"
	"fmt"

	"oakmoot/internal/druid"
	"oakmoot/internal/zk/zkconn"
)

// assign gives a pending task to a worker that has room, if there is one: the task
// goes into the worker's directory, and the worker answers with a status.
func (t *term) assign(ctx context.Context, it *item) {
	host := t.strategy.choose(it.task, t.candidates())
	if host == "" {
		return
	}
	err := t.writeAssignment(ctx, host, it.task)
	if errors.Is(err, zkconn.ErrNodeExists) {
		t.workers[host].unacked = it.task.ID
		t.expect(it, host)
		return
	}
	if err != nil {
		if ctx.Err() != nil {
			return
		}
		t.log.Warn("task not assigned", "task", it.task.ID, "worker", host, "error", err)
		t.fail(it)
		return
	}
	it.state, it.worker, it.acked = running, host, false
	t.workers[host].unacked = it.task.ID
	t.log.Info("task assigned", "task", it.task.ID, "worker", host)
	it.timeout = t.after(t.set.assignmentTimeout, func() { t.unanswered(it, host) })
}

// writeAssignment creates the ephemeral node, not packed: the worker reads it as it
// stands. A node that is there already is as good, as long as it stands.
func (t *term) writeAssignment(ctx context.Context, host string, task druid.Task) error {
	if err := druid.CheckTaskID(task.ID); err != nil {
		return err // from the store: submitting it is refused
	}
	if len(task.JSON) > t.set.maxZnodeBytes {
		return fmt.Errorf("length of raw bytes %d too large (> %d)", len(task.JSON), t.set.maxZnodeBytes)
	}
	_, err := t.zc.CreateParents(ctx, t.paths.Task(host, task.ID), task.JSON, zkconn.Ephemeral)
	return err
}

// unanswered fails a task that its worker never took up, which counts against the
// worker. The assignment is taken back; Druid leaves it, and a slow worker then runs
// a task that has failed.
func (t *term) unanswered(it *item, host string) {
	if t.tasks[it.task.ID] != it || it.acked || it.worker != host {
		return
	}
	if !t.withdraw(t.life, it) {
		if found, err := t.consult(t.life, it, host); found || err != nil {
			return // it was taken up at the last moment, or nobody knows
		}
	}
	t.log.Warn("worker did not start the task in time", "task", it.task.ID, "worker", host, "timeout", t.set.assignmentTimeout)
	t.fail(it)
	if w := t.workers[host]; w != nil {
		t.judge(w, false)
	}
}

// candidates are the workers as a strategy sees them.
func (t *term) candidates() []candidate {
	var all []candidate
	for host, w := range t.workers {
		if !w.ready || w.unacked != "" || !w.blacklisted.IsZero() || w.info.Version < t.set.minWorkerVersion {
			continue
		}
		c := candidate{host: host, capacity: w.info.Capacity, groups: map[string]bool{}}
		for _, a := range w.statuses {
			c.used += a.Resource.RequiredCapacity
			c.groups[a.Resource.AvailabilityGroup] = true
		}
		all = append(all, c)
	}
	return all
}
