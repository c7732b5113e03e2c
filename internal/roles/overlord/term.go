package overlord

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/roles/overlord/taskaction"
	"oakmoot/internal/run/loop"
	"oakmoot/internal/run/metadata"
	"oakmoot/internal/run/museum"
	"oakmoot/internal/zk/zkconn"
)

// manageAtLeast is how often there is a pass over the queue even though nothing is known
// to have changed: TaskQueue.MANAGEMENT_WAIT_TIMEOUT_NANOS.
const manageAtLeast = time.Minute

// term is one term of leadership: a loop that owns the queue, its locks and the runner
// with its workers, and connects them. Others hand it functions.
type term struct {
	life     context.Context // ends with the term
	loop     *loop.Loop
	config   taskQueueConfig
	store    *metadata.Store
	log      hclog.Logger
	queue    *queue
	runner   *runner
	actions  *taskaction.Toolbox
	managing bool // startDelay is over
}

func newTerm(life context.Context, cfg Config, zc zkconn.Conn) *term {
	t := &term{life: life, loop: loop.NewBy(cfg.Clock, "the term"), config: newTaskQueueConfig(cfg.Props), store: cfg.Store, log: cfg.Log}
	t.queue = newQueue(t.config.maxSize, cfg.Store.Tasks, t.loop, cfg.Log)
	t.queue.locks.NeedsAll = cfg.Museum.Has(museum.NeedsEveryLockBack)
	t.runner = newRunner(newRunnerConfig(cfg.Props), cfg.Museum, t.queue, znodes{zc, cfg.Paths, cfg.Log}, cfg.Client, t.loop, cfg.Log)
	t.actions = &taskaction.Toolbox{Store: cfg.Store, Locks: t.queue.locks, Active: t.queue.task, Audited: auditLog(cfg.Props)}
	return t
}

// begin restores locks and tasks from the store, finds out who has them, and waits
// until the workers and their statuses have been seen.
func (t *term) begin(ctx context.Context) error {
	if err := t.queue.restore(ctx); err != nil {
		return err
	}
	if err := t.readWorkerConfig(ctx); err != nil {
		return err
	}
	if err := t.runner.assignments.locate(ctx, maps.Clone(t.queue.tasks)); err != nil {
		return fmt.Errorf("find out where tasks run: %w", err)
	}
	t.runner.watch(ctx)
	for !t.runner.roster.complete() {
		select {
		case f := <-t.loop.Calls():
			f()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if t.runner.statuses.museum.Has(museum.NeverHearsFromAnEarlyTask) {
		for _, it := range t.queue.tasks {
			it.unheard = it.acked
		}
	}
	return nil
}

// run owns the term until ctx ends.
func (t *term) run(ctx context.Context) {
	start := t.loop.Clock.NewTimer(t.config.startDelay)
	defer start.Stop()
	sweep := t.loop.Clock.NewTicker(t.runner.roster.blacklist.sweep)
	defer sweep.Stop()
	again := t.loop.Clock.NewTicker(manageAtLeast)
	defer again.Stop()
	sync := t.loop.Clock.NewTicker(t.config.storageSyncRate)
	defer sync.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-start.C:
			t.managing = true
			t.queue.requestManagement()
		case f := <-t.loop.Calls():
			f()
		case <-sweep.C:
			if t.runner.roster.sweepBlacklist(t.loop.Clock.Now()) {
				t.queue.requestManagement()
			}
		case <-again.C:
			t.lookAgain(ctx)
		case <-sync.C:
			t.syncFromStorage(ctx)
		}
		for t.managing && t.queue.due && ctx.Err() == nil {
			t.queue.due = false
			t.manage(ctx)
		}
	}
}

// manage is one pass of TaskQueue.manage: tasks that are ready become pending, pending
// ones go to workers that have room, and whatever a worker should not be running is shut
// down.
func (t *term) manage(ctx context.Context) {
	t.runner.run(ctx)
	for _, one := range t.runner.strays() {
		t.tidy(ctx, one)
	}
}

// tidy deals with a stray. If the store has the task as active, it belongs in the queue;
// Druid does not look there.
func (t *term) tidy(ctx context.Context, one stray) {
	if !t.runner.statuses.isStray(one) {
		return // an earlier stray has brought the queue up to date
	}
	if t.queue.get(one.id) == nil {
		active, known := t.queue.isActive(ctx, one.id)
		if active {
			t.syncFromStorage(ctx)
		}
		if active || !known {
			return
		}
	}
	t.runner.expel(ctx, one)
}

// syncFromStorage makes the queue hold the tasks that are active in the store, with
// their locks, and finds out who has those that are new.
func (t *term) syncFromStorage(ctx context.Context) {
	found, gone, err := t.queue.compare(ctx)
	for _, it := range gone {
		if it.state == running && !it.acked {
			t.runner.assignments.withdraw(ctx, it)
		} // at a worker that runs it, it is a stray now
	}
	if err == nil && len(found) > 0 {
		err = t.queue.locks.RestoreOf(ctx, slices.Sorted(maps.Keys(found)))
		if err == nil {
			err = t.runner.assignments.locate(ctx, found)
		}
		if err != nil {
			t.queue.unfind(found)
		}
	}
	if err != nil && ctx.Err() == nil {
		t.log.Error("queue not compared with the store", "error", err)
	}
}

// lookAgain catches up with what nobody reports: a configuration that was changed in the
// store, a store that takes statuses again, a shutdown that a worker did not carry out.
func (t *term) lookAgain(ctx context.Context) {
	t.runner.shutdowns.forget()
	t.queue.requestManagement()
	t.queue.finishEnded(ctx)
	if err := t.readWorkerConfig(ctx); err != nil && ctx.Err() == nil {
		t.log.Warn("worker configuration not read", "error", err)
	}
}

func (t *term) readWorkerConfig(ctx context.Context) error {
	s, known, err := storedStrategy(ctx, t.store.Configuration)
	if known {
		t.runner.roster.strategy = s
	}
	return err
}

// end waits for what the term has started; its context has ended.
func (t *term) end() {
	t.queue.stop()
	t.runner.stop()
	t.loop.End()
}
