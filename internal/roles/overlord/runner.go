package overlord

import (
	"context"
	"net/http"
	"slices"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/loop"
	"oakmoot/internal/run/museum"
	"oakmoot/internal/zk/zkcache"
)

// runner has the tasks of a queue run by workers over ZooKeeper: RemoteTaskRunner of
// Druid. It follows the announcements, and connects the parts that do the rest.
type runner struct {
	loop        *loop.Loop
	nodes       znodes
	queue       *queue
	roster      *roster
	statuses    statuses
	assignments assignments
	cleanups    *cleanups
	shutdowns   *shutdowns
	log         hclog.Logger
	cache       *zkcache.Cache // on the announcements
}

func newRunner(config runnerConfig, bugs museum.Set, q *queue, nodes znodes, client *http.Client, l *loop.Loop, log hclog.Logger) *runner {
	r := &runner{loop: l, nodes: nodes, queue: q, roster: newRoster(config, log), log: log}
	r.roster.clock = l.Clock
	r.statuses = statuses{nodes: nodes, queue: q, roster: r.roster, log: log, museum: bugs}
	r.assignments = assignments{
		timeout: config.assignmentTimeout, maxBytes: config.maxZnodeBytes,
		loop: l, nodes: nodes, queue: q, roster: r.roster, statuses: r.statuses, log: log,
	}
	r.cleanups = &cleanups{
		timeout: config.cleanupTimeout, loop: l, nodes: nodes, queue: q, roster: r.roster, statuses: r.statuses, log: log,
		timers: map[string]*loop.Timer{},
	}
	r.shutdowns = newShutdowns(client, config.shutdownTimeout, l, log)
	return r
}

// watch starts to follow the announcements; the loop handles their events.
func (r *runner) watch(ctx context.Context) {
	r.cache = r.nodes.workers(ctx)
	r.pump(ctx, r.cache, func(e zkcache.Event) { r.event(ctx, e) })
}

// pump hands the events of a cache to the loop.
func (r *runner) pump(ctx context.Context, cache *zkcache.Cache, take func(zkcache.Event)) {
	r.loop.Go(func() {
		for e := range cache.Events() {
			_ = r.loop.Post(ctx, func() { take(e) }) // when the term is over, the cache ends too
		}
	})
}

func (r *runner) event(ctx context.Context, e zkcache.Event) {
	switch e.Type {
	case zkcache.Added, zkcache.Updated:
		info, err := readWorker(e.Data)
		if err != nil {
			r.log.Warn("worker announcement not understood", "path", e.Path, "error", err)
			return
		}
		r.announced(ctx, info)
	case zkcache.Removed:
		if info, err := readWorker(e.Data); err == nil {
			r.gone(ctx, info.Host)
		}
	case zkcache.Initialized:
		r.roster.listed = true
		r.cleanups.strangers(ctx)
	}
}

// announced handles the announcement of a worker, or a change of one. When a worker
// changes its capacity or version, or is enabled, Druid leaves waiting tasks alone until
// something else happens; here there is a pass over the queue at once.
func (r *runner) announced(ctx context.Context, info druid.Worker) {
	r.cleanups.cancel(info.Host)
	w, fresh := r.roster.announced(info)
	if !fresh {
		r.queue.requestManagement()
		return
	}
	for _, it := range r.queue.ordered() {
		if it.worker == info.Host && !it.acked {
			w.unacked = it.task.ID
		}
	}
	cache := r.nodes.statuses(ctx, info.Host)
	w.stop = cache.Stop
	r.pump(ctx, cache, func(e zkcache.Event) { r.statuses.event(ctx, w, e) })
	r.log.Info("worker announced", "worker", info.Host, "capacity", info.Capacity)
}

// gone forgets a worker. Unless it is back before the cleanup timeout, its tasks fail and
// its nodes are cleaned up.
func (r *runner) gone(ctx context.Context, host string) {
	w := r.roster.gone(host)
	if w == nil {
		return
	}
	r.loop.Go(w.stop)
	r.log.Info("worker gone", "worker", host, "cleanup", r.cleanups.timeout)
	r.cleanups.schedule(ctx, host)
	r.roster.sweepBlacklist(r.loop.Clock.Now())
	r.queue.requestManagement()
}

// run goes over the queue: waiting tasks become pending if they are ready, and pending
// ones go to workers that have room. A task that a worker has already is left with it.
func (r *runner) run(ctx context.Context) {
	for _, it := range r.queue.in(waiting) {
		if !r.statuses.adopt(ctx, it) {
			r.queue.makeReady(ctx, it)
		}
	}
	for _, it := range r.queue.in(pending) {
		if !r.statuses.adopt(ctx, it) {
			r.assignments.assign(ctx, it)
		}
	}
}

// shutdown ends a task at the worker that has it. If the worker has not answered the
// assignment yet, the assignment is taken back; Druid lets the task begin first.
func (r *runner) shutdown(ctx context.Context, it *item) {
	switch {
	case it.state != running:
	case it.acked:
		r.askShutdown(ctx, it.worker, it.task.ID)
	default:
		r.assignments.withdraw(ctx, it)
	}
}

// askShutdown asks a worker to end a task, if the worker is announced.
func (r *runner) askShutdown(ctx context.Context, host, id string) {
	if w := r.roster.get(host); w != nil {
		r.shutdowns.ask(ctx, w, id)
	}
}

// strays leaves out those that their worker was asked to end a moment ago.
func (r *runner) strays() []stray {
	return slices.DeleteFunc(r.statuses.strays(), func(one stray) bool { return !one.ended && r.shutdowns.asked[one.place] })
}

// expel deletes a stray that has ended, and asks the worker to end one that runs.
func (r *runner) expel(ctx context.Context, one stray) {
	if one.ended {
		r.nodes.removeStatus(ctx, one.host, one.id)
		return
	}
	r.log.Info("task that is not to run there is shut down", "task", one.id, "worker", one.host)
	r.askShutdown(ctx, one.host, one.id)
}

// stop ends the views of ZooKeeper and the timers.
func (r *runner) stop() {
	r.cleanups.stop()
	if r.cache != nil {
		r.cache.Stop()
	}
	r.roster.stop()
}
