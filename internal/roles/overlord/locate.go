package overlord

import (
	"context"
	"errors"
	"fmt"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/zk/zkconn"
)

// locate finds out which worker has which of the tasks, also a worker that is not
// announced at the moment: a task that somebody has is not given to anybody else. In
// Druid a new leader knows only what the announced workers tell, and waits for a
// minute in the hope that all are.
//
// Assignments are looked at before statuses, since a worker turns the one into the
// other: what has neither is nowhere, and no worker can begin it any more.
func (t *term) locate(ctx context.Context, tasks map[string]*item) error {
	if len(tasks) == 0 {
		return nil
	}
	err := t.each(ctx, t.paths.IndexerTasks, t.paths.TasksOf, func(host, id string) error {
		if it := tasks[id]; it != nil && it.worker == "" {
			t.expect(it, host)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return t.each(ctx, t.paths.IndexerStatus, t.paths.StatusesOf, func(host, id string) error {
		it := tasks[id]
		if it == nil || it.acked && it.worker != host {
			return nil
		}
		_, err := t.consult(ctx, it, host)
		return err
	})
}

// each calls f for every child of every worker's directory under root.
func (t *term) each(ctx context.Context, root string, dir func(host string) string, f func(host, id string) error) error {
	hosts, err := t.names(ctx, root)
	if err != nil {
		return err
	}
	for _, host := range hosts {
		ids, err := t.names(ctx, dir(host))
		if err != nil {
			return err
		}
		for _, id := range ids {
			if err := f(host, id); err != nil {
				return err
			}
		}
	}
	return nil
}

// names lists a directory, which may not be there.
func (t *term) names(ctx context.Context, path string) ([]string, error) {
	names, err := t.zc.Children(ctx, path)
	if errors.Is(err, zkconn.ErrNoNode) {
		return nil, nil
	}
	return names, err
}

// consult reads the status of a task at a worker and takes it in. found is false when
// there is none.
func (t *term) consult(ctx context.Context, it *item, host string) (found bool, err error) {
	path := t.paths.Status(host, it.task.ID)
	data, _, err := t.zc.Get(ctx, path)
	switch {
	case errors.Is(err, zkconn.ErrNoNode):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("status of %s at %s: %w", it.task.ID, host, err)
	}
	a, err := readStatus(it.task.ID, druid.Gunzip(data))
	if err != nil {
		t.log.Warn("task status not understood", "path", path, "error", err)
		t.hold(it, host)
		return true, nil
	}
	t.follow(it, host, a)
	if a.Status.Complete() {
		t.finish(ctx, it, a.Status)
		if t.tasks[it.task.ID] == nil {
			t.remove(ctx, path)
		}
	}
	return true, nil
}

// expect takes in an assignment that is there already, an earlier leader's. The worker
// may still answer it; it stands as long as the session of that leader.
func (t *term) expect(it *item, host string) {
	id := it.task.ID
	if it.state == waiting {
		it.queued = druid.At(time.Now())
	}
	it.state, it.worker, it.acked = running, host, false
	it.timeout = t.after(t.set.assignmentTimeout, func() { t.unanswered(it, host) })
	t.log.Info("task is assigned already", "task", id, "worker", host)
	t.helpers.Go(func() {
		if t.vanishes(t.paths.Task(host, id)) {
			t.post(t.life, func() { t.assignmentGone(it, host) })
		}
	})
}

// vanishes waits until a node is gone; false when the term ends first.
func (t *term) vanishes(path string) bool {
	for {
		stat, changed, err := t.zc.ExistsW(t.life, path)
		if err != nil {
			return false
		}
		if stat == nil {
			return true
		}
		select {
		case <-changed:
		case <-t.life.Done():
			return false
		}
	}
}

// assignmentGone is the end of an earlier leader's assignment: the worker has taken
// the task, or nobody has it and it is assigned anew.
func (t *term) assignmentGone(it *item, host string) {
	if t.tasks[it.task.ID] != it || it.ended != nil || it.acked || it.worker != host {
		return
	}
	found, err := t.consult(t.life, it, host)
	if err != nil {
		if t.life.Err() == nil {
			t.log.Warn("task may not have been started", "task", it.task.ID, "worker", host, "error", err)
		}
		return
	}
	if !found {
		t.log.Info("nobody took the task, it is assigned anew", "task", it.task.ID, "worker", host)
		it.stopTimers()
		it.state, it.worker, t.dirty = waiting, "", true
		t.acknowledged(it.task.ID, host)
	}
}

// acknowledged lets a worker be given tasks again after the one that was unanswered.
func (t *term) acknowledged(id, host string) {
	if w := t.workers[host]; w != nil && w.unacked == id {
		w.unacked = ""
	}
}

// hold leaves a task with a worker that has a status of it which cannot be read.
func (t *term) hold(it *item, host string) {
	if it.timeout != nil {
		it.timeout.Stop()
	}
	it.state, it.worker, it.acked = running, host, true
}

// withdraw takes an assignment back that its worker has not answered. false means
// that it is gone: the worker may have answered it just now.
func (t *term) withdraw(ctx context.Context, it *item) bool {
	t.acknowledged(it.task.ID, it.worker)
	err := t.zc.Delete(ctx, t.paths.Task(it.worker, it.task.ID), -1)
	if err != nil && !errors.Is(err, zkconn.ErrNoNode) && ctx.Err() == nil {
		t.log.Warn("assignment not taken back", "task", it.task.ID, "worker", it.worker, "error", err)
	}
	return err == nil
}
