package overlord

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/run/metadata"
	"oakmoot/internal/zk/zkcache"
	"oakmoot/internal/zk/zkconn"
	"oakmoot/internal/zk/zkpath"
)

const (
	// goodbye bounds what is done after leadership has ended.
	goodbye = time.Second
	// manageAtLeast is how often the queue is looked at when nothing is known to have
	// changed: TaskQueue.MANAGEMENT_WAIT_TIMEOUT_NANOS.
	manageAtLeast = time.Minute
)

// settings are the properties of the queue and the runner, with Druid's defaults.
type settings struct {
	startDelay        time.Duration // druid.indexer.queue.startDelay
	storageSync       time.Duration // druid.indexer.queue.storageSyncRate
	maxQueue          int           // druid.indexer.queue.maxSize
	assignmentTimeout time.Duration // druid.indexer.runner.taskAssignmentTimeout
	cleanupTimeout    time.Duration // druid.indexer.runner.taskCleanupTimeout
	shutdownTimeout   time.Duration // druid.indexer.runner.taskShutdownLinkTimeout
	minWorkerVersion  string        // druid.indexer.runner.minWorkerVersion
	maxZnodeBytes     int           // druid.indexer.runner.maxZnodeBytes
	maxRetries        int           // druid.indexer.runner.maxRetriesBeforeBlacklist
	blacklistBackoff  time.Duration // druid.indexer.runner.workerBlackListBackoffTime
	maxBlacklisted    int           // druid.indexer.runner.maxPercentageBlacklistWorkers
	sweep             time.Duration // druid.indexer.runner.workerBlackListCleanupPeriod
	recent            time.Duration // druid.indexer.storage.recentlyFinishedThreshold
	auditLog          bool          // druid.indexer.auditlog.enabled
}

func (o *overlord) settings() settings {
	p := o.cfg.Props
	return settings{
		startDelay:        p.Duration("druid.indexer.queue.startDelay", time.Minute),
		storageSync:       p.Every("druid.indexer.queue.storageSyncRate", time.Minute),
		maxQueue:          p.Int("druid.indexer.queue.maxSize", 1<<31-1),
		assignmentTimeout: p.Duration("druid.indexer.runner.taskAssignmentTimeout", 5*time.Minute),
		cleanupTimeout:    p.Duration("druid.indexer.runner.taskCleanupTimeout", 15*time.Minute),
		shutdownTimeout:   p.Duration("druid.indexer.runner.taskShutdownLinkTimeout", time.Minute),
		minWorkerVersion:  p.String("druid.indexer.runner.minWorkerVersion", "0"),
		maxZnodeBytes:     p.Int("druid.indexer.runner.maxZnodeBytes", 524288),
		maxRetries:        p.Int("druid.indexer.runner.maxRetriesBeforeBlacklist", 5),
		blacklistBackoff:  p.Duration("druid.indexer.runner.workerBlackListBackoffTime", 15*time.Minute),
		maxBlacklisted:    p.Int("druid.indexer.runner.maxPercentageBlacklistWorkers", 20),
		sweep:             p.Every("druid.indexer.runner.workerBlackListCleanupPeriod", 5*time.Minute),
		recent:            p.Duration("druid.indexer.storage.recentlyFinishedThreshold", 24*time.Hour),
		auditLog:          p.Bool("druid.indexer.auditlog.enabled", false),
	}
}

// term is one term of leadership. Its loop owns every field; others hand it
// closures.
type term struct {
	o     *overlord
	set   settings
	zc    zkconn.Conn
	paths zkpath.Paths
	store *metadata.Store
	log   hclog.Logger
	calls chan func()
	done  chan struct{} // closed when the loop has ended

	tasks    map[string]*item
	received int             // tasks that were ever in tasks
	unread   map[string]bool // active ones that the store has and that are not understood
	locks    *lockbox
	unlocked chan struct{} // closed when a lock is given back

	workers  map[string]*worker
	cleanups map[string]*time.Timer // of workers that are gone
	shut     map[string]bool        // status nodes of tasks whose shutdown was asked for lately
	strategy strategy
	managing bool // startDelay is over
	dirty    bool // something has changed since the last pass over the queue

	life    context.Context // of caches and helpers
	stop    context.CancelFunc
	helpers sync.WaitGroup
	cache   *zkcache.Cache
	listed  bool
	views   int // workers whose statuses are still being read for the first time
}

func newTerm(o *overlord) *term {
	return &term{
		o: o, set: o.settings(), zc: o.zc, paths: o.cfg.Paths, store: o.cfg.Store, log: o.cfg.Log,
		calls: make(chan func()), done: make(chan struct{}), tasks: map[string]*item{}, unread: map[string]bool{}, locks: newLockbox(), unlocked: make(chan struct{}),
		workers: map[string]*worker{}, cleanups: map[string]*time.Timer{}, shut: map[string]bool{},
	}
}

// begin restores locks and tasks from the store, finds out who has them, and waits
// until the workers and their statuses have been seen.
func (t *term) begin(ctx context.Context) error {
	t.life, t.stop = context.WithCancel(ctx)
	if err := t.restore(ctx); err != nil {
		t.end()
		return err
	}
	if err := t.locate(ctx, maps.Clone(t.tasks)); err != nil {
		t.end()
		return fmt.Errorf("find out where tasks run: %w", err)
	}
	t.watchWorkers()
	for !t.listed || t.views > 0 {
		select {
		case f := <-t.calls:
			f()
		case <-ctx.Done():
			t.end()
			return ctx.Err()
		}
	}
	return nil
}

// restore is TaskLockbox.syncFromStorage and TaskQueue.syncFromStorage.
func (t *term) restore(ctx context.Context) error {
	active, err := t.store.ActiveTasks(ctx)
	if err != nil {
		return fmt.Errorf("active tasks: %w", err)
	}
	for _, info := range active {
		t.enqueue(info.Task, info.Created)
	}
	locks, err := t.store.Locks(ctx)
	if err != nil {
		return fmt.Errorf("locks: %w", err)
	}
	t.locks.restore(locks, func(id string) bool { return t.tasks[id] != nil })
	if err := t.readWorkerConfig(ctx); err != nil {
		return fmt.Errorf("worker configuration: %w", err)
	}
	return nil
}

func (t *term) readWorkerConfig(ctx context.Context) error {
	stored, found, err := t.store.Config(ctx, workerConfigKey)
	if err == nil && found {
		t.use(stored)
	}
	return err
}

// loop owns the term until ctx ends.
func (t *term) loop(ctx context.Context) error {
	defer close(t.done)
	start := time.NewTimer(t.set.startDelay)
	defer start.Stop()
	sweep := time.NewTicker(t.set.sweep)
	defer sweep.Stop()
	again := time.NewTicker(manageAtLeast)
	defer again.Stop()
	sync := time.NewTicker(t.set.storageSync)
	defer sync.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-start.C:
			t.managing, t.dirty = true, true
		case f := <-t.calls:
			f()
		case <-sweep.C:
			t.sweepBlacklist(time.Now())
		case <-again.C:
			t.lookAgain(ctx)
		case <-sync.C:
			t.syncFromStorage(ctx)
		}
		for t.managing && t.dirty && ctx.Err() == nil {
			t.dirty = false
			t.manage(ctx)
		}
	}
}

// lookAgain makes up for what nobody told: a configuration changed in the store, a
// store that takes statuses again, a shutdown that a worker did not carry out.
func (t *term) lookAgain(ctx context.Context) {
	clear(t.shut)
	t.dirty = true
	for _, it := range t.queue() {
		if it.ended != nil {
			t.finish(ctx, it, *it.ended)
		}
	}
	if err := t.readWorkerConfig(ctx); err != nil && ctx.Err() == nil {
		t.log.Warn("worker configuration not read", "error", err)
	}
}

// end stops what the term has started and waits for it.
func (t *term) end() {
	t.stop()
	for _, timer := range t.cleanups {
		timer.Stop()
	}
	for _, it := range t.tasks {
		it.stopTimers()
	}
	if t.cache != nil {
		t.cache.Stop()
	}
	for _, w := range t.workers {
		w.cache.Stop()
	}
	t.helpers.Wait()
}

// call runs f on the loop and waits for it; false when the term ends first.
func (t *term) call(ctx context.Context, f func()) bool {
	ran := make(chan struct{})
	if !t.post(ctx, func() { f(); close(ran) }) {
		return false
	}
	select {
	case <-ran:
		return true
	case <-t.done:
		return false
	}
}

// post hands f to the loop; false when the term ends first.
func (t *term) post(ctx context.Context, f func()) bool {
	select {
	case t.calls <- f:
		return true
	case <-t.life.Done():
	case <-t.done:
	case <-ctx.Done():
	}
	return false
}

// after runs f on the loop after a time, unless the timer is stopped.
func (t *term) after(d time.Duration, f func()) *time.Timer {
	return time.AfterFunc(d, func() { t.post(t.life, f) })
}

// queue are the active tasks in the order in which they came.
func (t *term) queue() []*item {
	all := make([]*item, 0, len(t.tasks))
	for _, it := range t.tasks {
		all = append(all, it)
	}
	slices.SortFunc(all, func(a, b *item) int { return cmp.Compare(a.number, b.number) })
	return all
}
