package overlord

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/loop"
	"oakmoot/internal/zk/zkconn"
)

// assignments gives tasks to workers and waits for their answers:
// RemoteTaskRunner.tryAssignTask. What it knows of an assignment is in the item, and in
// the roster, where a worker that has not answered is given nothing else.
type assignments struct {
	timeout  time.Duration // for a worker to answer
	maxBytes int           // of a task
	loop     *loop.Loop
	nodes    znodes
	queue    *queue
	roster   *roster
	statuses statuses
	log      hclog.Logger
}

// assign gives a pending task to a worker that has room, if there is one: the task
// goes into the worker's directory, and the worker answers with a status.
func (as assignments) assign(ctx context.Context, it *item) {
	host := as.roster.choose(it.task)
	if host == "" {
		return
	}
	err := as.write(ctx, host, it.task)
	switch {
	case errors.Is(err, zkconn.ErrNodeExists): // as good, as long as it stands
		as.roster.assigned(host, it.task.ID)
		as.expect(ctx, it, host)
	case err != nil && ctx.Err() != nil:
	case err != nil:
		as.log.Warn("task not assigned", "task", it.task.ID, "worker", host, "error", err)
		as.queue.fail(ctx, it)
	default:
		as.roster.assigned(host, it.task.ID)
		as.log.Info("task assigned", "task", it.task.ID, "worker", host)
		as.await(ctx, it, host)
	}
}

func (as assignments) write(ctx context.Context, host string, task druid.Task) error {
	if err := druid.CheckTaskID(task.ID); err != nil {
		return err // from the store: submitting it is refused
	}
	if len(task.JSON) > as.maxBytes {
		return fmt.Errorf("length of raw bytes %d too large (> %d)", len(task.JSON), as.maxBytes)
	}
	return as.nodes.assign(ctx, host, task)
}

// await notes that a worker has been given a task, and gives it time to answer.
func (as assignments) await(ctx context.Context, it *item, host string) {
	it.assigned(host, as.loop.After(as.timeout, func() { as.unanswered(ctx, it, host) }))
}

// unanswered fails a task that its worker never took up, which counts against the
// worker. The assignment is taken back; Druid leaves it, and a slow worker then runs
// a task that has failed.
func (as assignments) unanswered(ctx context.Context, it *item, host string) {
	if !as.stands(it, host) {
		return
	}
	if !as.withdraw(ctx, it) {
		if found, err := as.statuses.consult(ctx, it, host); found || err != nil {
			return // it was taken up at the last moment, or nobody knows
		}
	}
	as.log.Warn("worker did not start the task in time", "task", it.task.ID, "worker", host, "timeout", as.timeout)
	as.queue.fail(ctx, it)
	if w := as.roster.get(host); w != nil {
		as.roster.judge(w, false)
	}
}

// stands reports whether a worker is still to answer for a task.
func (as assignments) stands(it *item, host string) bool {
	return as.queue.has(it) && !it.acked && it.worker == host
}

// withdraw takes an assignment back that its worker has not answered. false means
// that it is gone: the worker may have answered it just now.
func (as assignments) withdraw(ctx context.Context, it *item) bool {
	as.roster.acknowledged(it.worker, it.task.ID)
	return as.nodes.withdraw(ctx, it.worker, it.task.ID)
}

// expect takes in an assignment that is there already, an earlier leader's. The worker
// may still answer it; it stands as long as the session of that leader.
func (as assignments) expect(ctx context.Context, it *item, host string) {
	as.await(ctx, it, host)
	as.log.Info("task is assigned already", "task", it.task.ID, "worker", host)
	as.loop.Go(func() {
		if as.nodes.awaitNoAssignment(ctx, host, it.task.ID) {
			_ = as.loop.Post(ctx, func() { as.gone(ctx, it, host) }) // a term that is over assigns nothing
		}
	})
}

// gone is the end of an earlier leader's assignment: the worker has taken the task, or
// nobody has it and it is assigned anew.
func (as assignments) gone(ctx context.Context, it *item, host string) {
	if !as.stands(it, host) || it.ended != nil {
		return
	}
	found, err := as.statuses.consult(ctx, it, host)
	if err != nil {
		if ctx.Err() == nil {
			as.log.Warn("task may not have been started", "task", it.task.ID, "worker", host, "error", err)
		}
		return
	}
	if !found {
		as.log.Info("nobody took the task, it is assigned anew", "task", it.task.ID, "worker", host)
		it.unassigned()
		as.roster.acknowledged(host, it.task.ID)
		as.queue.requestManagement()
	}
}

// locate finds out which worker has which of the tasks, also a worker that is not
// announced at the moment: a task that somebody has is not given to anybody else. In
// Druid a new leader knows only what the announced workers say, and waits for a
// minute in the hope that all are.
//
// Assignments are looked at before statuses, since a worker turns the one into the
// other: what has neither is nowhere, and no worker can begin it any more.
func (as assignments) locate(ctx context.Context, tasks map[string]*item) error {
	if len(tasks) == 0 {
		return nil
	}
	err := as.nodes.eachAssignment(ctx, func(host, id string) error {
		if it := tasks[id]; it != nil && it.worker == "" {
			as.expect(ctx, it, host)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return as.nodes.eachStatus(ctx, func(host, id string) error {
		it := tasks[id]
		if it == nil || it.acked && it.worker != host {
			return nil
		}
		_, err := as.statuses.consult(ctx, it, host)
		return err
	})
}
