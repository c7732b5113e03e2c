package middlemanager

import (
	"context"
	"path/filepath"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/loop"
	"oakmoot/internal/zk/discovery"
	"oakmoot/internal/zk/zkcache"
	"oakmoot/internal/zk/zkconn"
)

// monitor moves the worker's tasks from state to state: WorkerTaskManager and
// WorkerTaskMonitor of Druid. Its loop owns its parts; until the loop runs, prepare does.
type monitor struct {
	log      hclog.Logger
	loop     *loop.Loop
	store    store
	tree     *tree
	tasks    *tasks
	runner   *runner
	notices  *notices
	results  *results
	history  history
	disabled bool
}

func newMonitor(cfg Config, zc zkconn.Conn, capacity int) (*monitor, error) {
	s, err := openStore(cfg.Disk, filepath.Join(cfg.Dir, "task"))
	if err != nil {
		return nil, err
	}
	overlord := discovery.NewLeaderClient(zc, cfg.Paths, cfg.Client, druid.Overlord, cfg.Props.String("druid.selectors.indexing.serviceName", "druid/overlord"))
	t, l := newTree(cfg, zc), loop.NewBy(cfg.Clock, "worker "+cfg.Self.HostAndPort())
	m := &monitor{
		log: cfg.Log, loop: l, store: s, tree: t, tasks: newTasks(), history: newHistory(cfg.Clock),
		runner:  &runner{cfg: cfg, overlord: overlord, store: s, loop: l, slots: capacity},
		notices: &notices{loop: l, tree: t},
		results: &results{overlord: overlord, loop: l},
	}
	m.runner.located = func(id string, at druid.TaskLocation) {
		m.notices.add(func() []write { return m.located(id, at) })
	}
	m.runner.finished = func(id string, status druid.TaskStatus) {
		m.notices.add(func() []write { return m.finished(id, status) })
	}
	return m, nil
}

// run runs tasks until ctx ends, and returns when the last peon is gone. Nothing more
// is written then: what ran stays RUNNING in ZooKeeper.
func (m *monitor) run(ctx context.Context) error {
	work, cancel := context.WithCancelCause(context.WithoutCancel(ctx)) // so that its cause says why
	given := zkcache.Start(ctx, m.tree.zc, m.tree.paths.TasksOf(m.tree.host), zkcache.Options{Log: m.log})
	defer given.Stop()
	own := zkcache.Start(ctx, m.tree.zc, m.tree.paths.StatusesOf(m.tree.host), zkcache.Options{Log: m.log})
	defer own.Stop()
	defer m.loop.End()
	defer cancel(errStopping)
	m.loop.Go(func() { m.watchAssignments(ctx, given) })
	m.loop.Go(func() { m.watchStatuses(ctx, own) })
	purge := m.loop.Clock.NewTimer(purgeDelay)
	defer purge.Stop()
	for {
		m.runner.fill(work)
		m.notices.handle(work)
		select {
		case f := <-m.loop.Calls():
			f()
		case <-purge.C:
			purge.Reset(purgePeriod)
			m.purge(work)
		case <-ctx.Done():
			return nil
		}
	}
}

func (m *monitor) watchAssignments(ctx context.Context, cache *zkcache.Cache) {
	watch(ctx, cache, zkcache.Added, func(e zkcache.Event) {
		if err := m.readAssignment(ctx, e.Path); err != nil && ctx.Err() == nil {
			m.log.Error("assignment not taken", "path", e.Path, "error", err)
		}
	})
}

// watchStatuses ends tasks whose statuses somebody else deletes.
func (m *monitor) watchStatuses(ctx context.Context, cache *zkcache.Cache) {
	watch(ctx, cache, zkcache.Removed, func(e zkcache.Event) {
		_ = m.loop.Post(ctx, func() { m.disown(e.Name) }) // a worker that stops disowns nothing
	})
}

// setDisabled notes that the worker was announced as enabled or disabled.
func (m *monitor) setDisabled(disabled bool) {
	if m.disabled != disabled {
		m.disabled = disabled
		m.history.add(metadata(disabled))
	}
}

// changesSince is the answer to an overlord that has seen the history up to a point, or
// a channel that is closed at the next change. A negative counter asks for
// everything.
func (m *monitor) changesSince(after counter) (*snapshot, <-chan struct{}) {
	if after.Counter >= 0 {
		return m.history.since(after)
	}
	items := []any{metadata(m.disabled)}
	for _, a := range m.tasks.announcements() {
		items = append(items, taskUpdate(a))
	}
	last := m.history.last()
	return &snapshot{Counter: &last, Requests: items}, nil
}
