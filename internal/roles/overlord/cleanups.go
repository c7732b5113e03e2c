package overlord

import (
	"context"
	"slices"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/run/loop"
)

// cleanups waits for lost workers to come back, and cleans up after those that do not:
// RemoteTaskRunner.scheduleTasksCleanupForWorker.
type cleanups struct {
	timeout  time.Duration // for a worker to come back
	loop     *loop.Loop
	nodes    znodes
	queue    *queue
	roster   *roster
	statuses statuses
	log      hclog.Logger
	timers   map[string]*loop.Timer // by host
}

// schedule starts the time in which a worker has to come back, or starts it again.
func (c *cleanups) schedule(ctx context.Context, host string) {
	c.timers[host].Stop()
	c.timers[host] = c.loop.After(c.timeout, func() {
		if c.roster.get(host) == nil {
			delete(c.timers, host)
			c.cleanUp(ctx, host)
		}
	})
}

// cancel is for a worker that is back.
func (c *cleanups) cancel(host string) {
	c.timers[host].Stop()
	delete(c.timers, host)
}

// strangers schedules cleanups after workers that have left statuses and are not
// announced.
func (c *cleanups) strangers(ctx context.Context) {
	for _, host := range c.nodes.children(ctx, c.nodes.paths.IndexerStatus) {
		if c.roster.get(host) == nil && c.timers[host] == nil {
			c.schedule(ctx, host)
		}
	}
}

// cleanUp fails the tasks of a worker that did not come back, and deletes its nodes. A
// task that runs elsewhere by now goes on there. One whose last status says how it ended
// has ended that way; Druid ignores that status.
func (c *cleanups) cleanUp(ctx context.Context, host string) {
	if there, err := c.nodes.isAnnounced(ctx, host); there || err != nil {
		return // it is back, as the cache will notice in a moment, or the term is over
	}
	for _, id := range c.left(ctx, host) {
		c.nodes.remove(ctx, c.nodes.paths.Task(host, id))
		it := c.queue.get(id)
		if it == nil || it.worker != host {
			c.nodes.removeStatus(ctx, host, id)
			continue
		}
		if _, err := c.statuses.consult(ctx, it, host); err != nil {
			return
		}
		if c.queue.has(it) && it.worker == host {
			c.log.Info("task of a lost worker failed", "task", id, "worker", host)
			c.queue.fail(ctx, it)
		}
		if !c.queue.has(it) {
			c.nodes.removeStatus(ctx, host, id)
		}
	}
	c.nodes.remove(ctx, c.nodes.paths.StatusesOf(host))
}

// left lists the tasks that a lost worker has, or was about to get.
func (c *cleanups) left(ctx context.Context, host string) []string {
	ids := append(c.nodes.children(ctx, c.nodes.paths.TasksOf(host)), c.nodes.children(ctx, c.nodes.paths.StatusesOf(host))...)
	for _, it := range c.queue.ordered() {
		if it.worker == host {
			ids = append(ids, it.task.ID)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

func (c *cleanups) stop() {
	for _, timer := range c.timers {
		timer.Stop()
	}
}
