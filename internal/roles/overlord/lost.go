package overlord

import (
	"context"
	"errors"
	"slices"

	"oakmoot/internal/zk/zkconn"
)

func (t *term) scheduleCleanup(host string) {
	if old := t.cleanups[host]; old != nil {
		old.Stop()
	}
	t.cleanups[host] = t.after(t.set.cleanupTimeout, func() {
		if t.workers[host] == nil {
			delete(t.cleanups, host)
			t.cleanUp(t.life, host)
		}
	})
}

// cleanUpStrangers schedules the cleanup of what workers left that are no more.
func (t *term) cleanUpStrangers() {
	for _, host := range t.children(t.life, t.paths.IndexerStatus) {
		if t.workers[host] == nil && t.cleanups[host] == nil {
			t.scheduleCleanup(host)
		}
	}
}

// cleanUp fails the tasks of a worker that did not come back, and deletes its
// nodes: RemoteTaskRunner.scheduleTasksCleanupForWorker. A task that runs elsewhere
// by now goes on there, and one that had ended has ended so, which Druid forgets.
func (t *term) cleanUp(ctx context.Context, host string) {
	if stat, err := t.zc.Exists(ctx, t.paths.Worker(host)); stat != nil || err != nil {
		return // it is back, which is seen in a moment, or the term is over
	}
	ids := append(t.children(ctx, t.paths.TasksOf(host)), t.children(ctx, t.paths.StatusesOf(host))...)
	for id, it := range t.tasks {
		if it.state == running && it.worker == host {
			ids = append(ids, id)
		}
	}
	for _, id := range slices.Compact(slices.Sorted(slices.Values(ids))) {
		t.remove(ctx, t.paths.Task(host, id))
		it := t.tasks[id]
		if it != nil && it.worker == host {
			if _, err := t.consult(ctx, it, host); err != nil {
				return
			}
		}
		if t.tasks[id] != nil && it.worker == host {
			t.log.Info("task of a lost worker failed", "task", id, "worker", host)
			t.fail(it)
		}
		if it == nil || it.worker != host || t.tasks[id] == nil {
			t.remove(ctx, t.paths.Status(host, id))
		}
	}
	t.remove(ctx, t.paths.StatusesOf(host))
}

// children lists a directory that may not be there.
func (t *term) children(ctx context.Context, path string) []string {
	names, err := t.zc.Children(ctx, path)
	if err != nil && !errors.Is(err, zkconn.ErrNoNode) && ctx.Err() == nil {
		t.log.Warn("children not listed", "path", path, "error", err)
	}
	return names
}

// remove deletes a node that may be gone already.
func (t *term) remove(ctx context.Context, path string) {
	if err := t.zc.Delete(ctx, path, -1); err != nil && !errors.Is(err, zkconn.ErrNoNode) && ctx.Err() == nil {
		t.log.Warn("node not deleted", "path", path, "error", err)
	}
}
