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
// RemoteTaskRunner.tryAssignTask. It has no state of its own: the item says who has been
// given a task, and the roster which worker still owes an answer, and so gets no other.
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
	case errors.Is(err, zkconn.ErrNodeExists): // just as good, while it lasts
		as.roster.assigned(host, it.task.ID)
		as.expect(ctx, it, host)
	case err != nil && ctx.Err() != nil: // the term is over
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

// await notes that a worker has been given a task, and starts the time in which it has to
// answer.
func (as assignments) await(ctx context.Context, it *item, host string) {
	it.assigned(host, as.loop.After(as.timeout, func() { as.unanswered(ctx, it, host) }))
}

// unanswered fails a task that its worker never took up, and counts that against the
// worker. The assignment is taken back; Druid leaves it, so that a slow worker still runs
// a task that has failed.
func (as assignments) unanswered(ctx context.Context, it *item, host string) {
	if !as.stands(it, host) {
		return
	}
	if !as.withdraw(ctx, it) {
		if found, err := as.statuses.consult(ctx, it, host); found || err != nil {
			return // it was taken up at the last moment, or we cannot know
		}
	}
	as.log.Warn("worker did not start the task in time", "task", it.task.ID, "worker", host, "timeout", as.timeout)
	as.queue.fail(ctx, it)
	if w := as.roster.get(host); w != nil {
		as.roster.judge(w, false)
	}
}

// stands reports whether a worker still owes an answer for a task.
func (as assignments) stands(it *item, host string) bool {
	return as.queue.has(it) && !it.acked && it.worker == host
}

// withdraw takes back an assignment that has not been answered. false means that it is
// gone: the worker may have answered just now.
func (as assignments) withdraw(ctx context.Context, it *item) bool {
	as.roster.acknowledged(it.worker, it.task.ID)
	return as.nodes.withdraw(ctx, it.worker, it.task.ID)
}

// expect waits for the answer to an assignment that an earlier leader made, and that lasts
// as long as that leader's session.
func (as assignments) expect(ctx context.Context, it *item, host string) {
	as.await(ctx, it, host)
	as.log.Info("task is assigned already", "task", it.task.ID, "worker", host)
	as.loop.Go(func() {
		if as.nodes.awaitNoAssignment(ctx, host, it.task.ID) {
			_ = as.loop.Post(ctx, func() { as.gone(ctx, it, host) }) // a term that is over assigns nothing
		}
	})
}

// gone handles the end of an earlier leader's assignment: either the worker has the task,
// or nobody has, and it is assigned again.
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

// locate finds out which worker has which of the tasks, so that none is given to a second
// one. Workers count even if they are not announced at the moment. In Druid a new leader
// looks at the announced workers only, and waits a minute in the hope that they all are.
//
// Assignments are read before statuses, because a worker turns the former into the latter:
// a task that has neither is nowhere, and no worker can still begin it.
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
