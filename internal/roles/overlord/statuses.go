package overlord

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/museum"
	"oakmoot/internal/zk/zkcache"
)

// statuses follows what workers say about tasks, and ends in the queue what they have
// ended: the listener of RemoteTaskRunner.addWorker, with taskComplete.
type statuses struct {
	nodes  znodes
	queue  *queue
	roster *roster
	log    hclog.Logger
	museum museum.Set
}

// event handles a change of a worker's statuses.
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

// firstView is called once all statuses of a worker have been read. A task that it had
// when it was last seen, and that has no status now, disappeared in the meantime.
func (s statuses) firstView(ctx context.Context, w *worker) {
	s.roster.ready(w)
	for _, it := range s.queue.ordered() {
		if it.worker == w.info.Host && !w.has(it.task.ID) {
			s.gone(ctx, w, it.task.ID)
		}
	}
}

// seen handles what a worker says about a task. If the worker is not meant to have the
// task, the status is a stray and left alone here.
func (s statuses) seen(ctx context.Context, w *worker, id string, a druid.TaskAnnouncement) {
	s.roster.acknowledged(w.info.Host, id)
	it := s.queue.get(id)
	if it == nil || it.ended != nil || it.worker != w.info.Host && it.worker != "" || s.overlooks(it, a) {
		return
	}
	s.follow(ctx, it, w.info.Host, a)
	if a.Status.Complete() {
		w.completed = druid.At(s.roster.clock.Now())
		s.roster.judge(w, a.Status.Status == druid.TaskSuccess)
	}
}

// follow notes that a worker has a task, and where, or that it has ended it. In that case
// the status is deleted as soon as it is in the store.
func (s statuses) follow(ctx context.Context, it *item, host string, a druid.TaskAnnouncement) {
	it.acknowledged(host, a.Location)
	if plantedStoresFailure && a.Status.Complete() {
		a.Status.Status = druid.TaskFailed
	}
	if a.Status.Complete() && !it.unheard && s.queue.finish(ctx, it, a.Status) {
		s.nodes.removeStatus(ctx, host, it.task.ID)
	}
}

// gone handles the deletion of a status. If the task was still running, somebody else
// deleted it, and the task has failed.
func (s statuses) gone(ctx context.Context, w *worker, id string) {
	it := s.queue.get(id)
	if it == nil || it.worker != w.info.Host || !it.acked {
		return
	}
	s.log.Warn("task just disappeared", "task", id, "worker", w.info.Host)
	s.queue.fail(ctx, it)
}

// adopt takes over a task that a worker has already, from an earlier leader; false when
// no worker has it.
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

// hold leaves a task with a worker whose status of it cannot be read.
func (s statuses) hold(it *item, host string) { it.acknowledged(host, it.location) }

// consult reads and follows a worker's status of a task. The worker need not be
// announced. found is false when there is no status.
func (s statuses) consult(ctx context.Context, it *item, host string) (found bool, err error) {
	a, found, err := s.nodes.status(ctx, host, it.task.ID)
	switch {
	case errors.Is(err, errNotUnderstood):
		s.hold(it, host)
		return true, nil
	case err != nil || !found:
		return false, err
	}
	if s.overlooks(it, a) {
		return false, nil
	}
	s.follow(ctx, it, host, a)
	return true, nil
}

// overlooks reports whether the end of a task that was never seen running does not count,
// because of a switch of the museum.
func (s statuses) overlooks(it *item, a druid.TaskAnnouncement) bool {
	return s.museum.Has(museum.OverlooksAShortTask) && !it.acked && a.Status.Complete()
}

// stray is a status that should not be there: its task is not in the queue, or with
// another worker.
type stray struct {
	place
	ended bool
}

// strays lists the strays of all workers, by host and task.
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
