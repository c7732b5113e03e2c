package overlord

import (
	"cmp"
	"slices"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/clock"
)

// roster holds the announced workers and chooses one for a task: the zkWorkers of
// RemoteTaskRunner with its WorkerSelectStrategy. It does not touch ZooKeeper.
type roster struct {
	minVersion string
	blacklist  blacklistConfig
	clock      *clock.Clock
	log        hclog.Logger

	workers  map[string]*worker // by host
	strategy strategy
	listed   bool // all that are announced have been seen
	unread   int  // workers whose statuses have not all been read yet
}

func newRoster(config runnerConfig, log hclog.Logger) *roster {
	return &roster{minVersion: config.minWorkerVersion, blacklist: config.blacklist, log: log, workers: map[string]*worker{}}
}

// announced adds a worker, or changes its capacity or version. fresh says that it was not
// there before.
func (r *roster) announced(info druid.Worker) (w *worker, fresh bool) {
	if w := r.workers[info.Host]; w != nil {
		if w.info.IP != info.IP {
			r.log.Warn("worker update that changes its ip is ignored", "worker", info.Host)
			return w, false
		}
		w.info = info
		return w, false
	}
	w = newWorker(info, druid.At(r.clock.Now()))
	r.workers[info.Host] = w
	r.unread++
	return w, true
}

// gone forgets a worker and returns it, or nil when it was not there.
func (r *roster) gone(host string) *worker {
	w := r.workers[host]
	if w == nil {
		return nil
	}
	delete(r.workers, host)
	if !w.ready {
		r.unread--
	}
	return w
}

// ready notes that all statuses of a worker have been seen.
func (r *roster) ready(w *worker) {
	if !w.ready {
		w.ready = true
		r.unread--
	}
}

// complete reports whether all announced workers and their statuses have been seen.
func (r *roster) complete() bool { return r.listed && r.unread == 0 }

// get returns an announced worker, or nil.
func (r *roster) get(host string) *worker { return r.workers[host] }

// has reports whether a worker is still announced, not merely another of its host.
func (r *roster) has(w *worker) bool { return r.workers[w.info.Host] == w }

// all lists the workers by host.
func (r *roster) all() []*worker {
	all := make([]*worker, 0, len(r.workers))
	for _, w := range r.workers {
		all = append(all, w)
	}
	slices.SortFunc(all, func(a, b *worker) int { return cmp.Compare(a.info.Host, b.info.Host) })
	return all
}

// having returns the worker that has a status of a task, the first by host if several do,
// or nil.
func (r *roster) having(id string) *worker {
	var first *worker
	for _, w := range r.workers {
		if w.has(id) && (first == nil || w.info.Host < first.info.Host) {
			first = w
		}
	}
	return first
}

// shown lists the workers whose statuses have been read, by host.
func (r *roster) shown() []workerShown {
	shown := []workerShown{}
	for _, w := range r.all() {
		if w.ready {
			shown = append(shown, w.shown())
		}
	}
	return shown
}

// choose returns the worker for a task, or "".
func (r *roster) choose(task druid.Task) string { return r.strategy.choose(task, r.candidates()) }

// candidates are the workers that may be given a task.
func (r *roster) candidates() []candidate {
	var all []candidate
	for _, w := range r.workers {
		if w.ready && w.unacked == "" && w.blacklisted.IsZero() && w.info.Version >= r.minVersion {
			all = append(all, w.candidate())
		}
	}
	return all
}

// assigned keeps other tasks from a worker until it has answered this one.
func (r *roster) assigned(host, id string) {
	if w := r.workers[host]; w != nil {
		w.unacked = id
	}
}

// acknowledged lets a worker have other tasks again, once it has answered this one.
func (r *roster) acknowledged(host, id string) {
	if w := r.workers[host]; w != nil && w.unacked == id {
		w.unacked = ""
	}
}

// stop ends the views of all workers' statuses.
func (r *roster) stop() {
	for _, w := range r.workers {
		w.stop()
	}
}
