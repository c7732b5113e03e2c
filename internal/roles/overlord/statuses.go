package overlord

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/druid"
	"oakmoot/internal/zk/zkcache"
)

// statuses takes in what workers say of tasks, and ends in the queue what they have
// ended: RemoteTaskRunner.addWorker's listener, and updateRunningTask and taskComplete.
type statuses struct {
	nodes  znodes
	queue  *queue
	roster *roster
	log    hclog.Logger
}

// event is a change among the statuses of a worker.
func (s statuses) event(ctx context.Context, w *worker, e zkcache.Event) {
	if !s.roster.has(w) {
		return
	}
	switch e.Type {
	case zkcache.Added, zkcache.Updated:
		a, err := readStatus(e.Name, e.Data)
		if err != nil {
			s.nodes.notUnderstood(e.Path, err)
			w.unreadable[e.Name] = true
			return
		}
		w.notes(e.Name, a)
		s.seen(ctx, w, e.Name, a)
	case zkcache.Removed:
		w.forgets(e.Name)
		s.gone(ctx, w, e.Name)
	case zkcache.Initialized:
		s.firstView(ctx, w)
	}
	s.queue.requestManagement()
}

// firstView is the moment at which all statuses of a worker are known. What it had
// when it was seen last, and has no status of any more, has gone meanwhile.
func (s statuses) firstView(ctx context.Context, w *worker) {
	s.roster.ready(w)
	for _, it := range s.queue.ordered() {
		if it.worker == w.info.Host && !w.has(it.task.ID) {
			s.gone(ctx, w, it.task.ID)
		}
	}
}

// seen takes in what a worker says of a task. That of a task which nobody asked the
// worker for is a stray.
func (s statuses) seen(ctx context.Context, w *worker, id string, a druid.TaskAnnouncement) {
	s.roster.acknowledged(w.info.Host, id)
	it := s.queue.get(id)
	if it == nil || it.ended != nil || it.worker != w.info.Host && it.worker != "" {
		return
	}
	s.follow(ctx, it, w.info.Host, a)
	if a.Status.Complete() {
		w.completed = druid.At(time.Now())
		s.roster.judge(w, a.Status.Status == druid.TaskSuccess)
	}
}

// follow notes that a worker has a task, and where; or that it has ended it. The status
// is deleted once the store has it.
func (s statuses) follow(ctx context.Context, it *item, host string, a druid.TaskAnnouncement) {
	it.acknowledged(host, a.Location)
	if a.Status.Complete() && s.queue.finish(ctx, it, a.Status) {
		s.nodes.removeStatus(ctx, host, it.task.ID)
	}
}

// gone is a status that somebody deleted. A task that was still running has failed with
// it.
func (s statuses) gone(ctx context.Context, w *worker, id string) {
	it := s.queue.get(id)
	if it == nil || it.worker != w.info.Host || !it.acked {
		return
	}
	s.log.Warn("task just disappeared", "task", id, "worker", w.info.Host)
	s.queue.fail(ctx, it)
}

// adopt finds a task that runs already, started by an earlier leader.
func (s statuses) adopt(ctx context.Context, it *item) bool {
	w := s.roster.having(it.task.ID)
	if w == nil {
		return false
	}
	if a, ok := w.statuses[it.task.ID]; ok {
		s.seen(ctx, w, it.task.ID, a)
	} else {
		s.hold(it, w.info.Host)
	}
	return true
}

// hold leaves a task with a worker that has a status of it which cannot be read.
func (s statuses) hold(it *item, host string) { it.acknowledged(host, it.location) }

// consult reads the status of a task at a worker, which need not be announced, and takes
// it in. found is false when there is none.
func (s statuses) consult(ctx context.Context, it *item, host string) (found bool, err error) {
	a, found, err := s.nodes.status(ctx, host, it.task.ID)
	switch {
	case errors.Is(err, errNotUnderstood):
		s.hold(it, host)
		return true, nil
	case err != nil || !found:
		return false, err
	}
	s.follow(ctx, it, host, a)
	return true, nil
}

// stray is a status that its worker is not to have: of a task that is not in the queue,
// or that another worker has.
type stray struct {
	place
	ended bool
}

// strays are the strays of all workers, by host and task. No task is taken for one that
// has ended and waits for the store to take that.
func (s statuses) strays() []stray {
	var all []stray
	for host, w := range s.roster.workers {
		for id, a := range w.statuses {
			if one := (stray{place{host, id}, a.Status.Complete()}); s.isStray(one) {
				all = append(all, one)
			}
		}
	}
	slices.SortFunc(all, func(a, b stray) int { return cmp.Or(cmp.Compare(a.host, b.host), cmp.Compare(a.id, b.id)) })
	return all
}

func (s statuses) isStray(one stray) bool {
	it := s.queue.get(one.id)
	return it == nil || !one.ended && it.worker != one.host && it.worker != ""
}
