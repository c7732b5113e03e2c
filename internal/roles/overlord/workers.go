package overlord

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/zk/zkcache"
)

// The overlord's view of its workers: RemoteTaskRunner of Druid.

// worker is a worker that is announced.
type worker struct {
	info        druid.Worker
	cache       *zkcache.Cache // on its statuses
	ready       bool           // its statuses have been read
	statuses    map[string]druid.TaskAnnouncement
	unreadable  map[string]bool // tasks with a status that is not understood
	unacked     string          // the task that was assigned and has no status yet
	completed   druid.Timestamp
	failures    int // in a row
	blacklisted time.Time
}

// watchWorkers begins to follow announcements; the events come to the loop.
func (t *term) watchWorkers() {
	t.cache = zkcache.Start(t.life, t.zc, t.paths.IndexerAnnouncements, zkcache.Options{Data: true, Decompress: true, Log: t.log})
	t.helpers.Go(func() {
		for e := range t.cache.Events() {
			t.post(t.life, func() { t.workerEvent(e) })
		}
	})
}

func (t *term) workerEvent(e zkcache.Event) {
	switch e.Type {
	case zkcache.Added, zkcache.Updated:
		info, err := readWorker(e.Data)
		if err != nil {
			t.log.Warn("worker announcement not understood", "path", e.Path, "error", err)
			return
		}
		t.workerAnnounced(info)
	case zkcache.Removed:
		if info, err := readWorker(e.Data); err == nil {
			t.workerGone(info.Host)
		}
	case zkcache.Initialized:
		t.listed = true
		t.cleanUpStrangers()
	}
}

// readWorker reads an announcement. The host in it, not the node's name, is what
// the worker is known by.
func readWorker(b []byte) (druid.Worker, error) {
	var info druid.Worker
	err := json.Unmarshal(b, &info)
	if err == nil && info.Host == "" {
		err = errors.New("no host")
	}
	return info, err
}

func (t *term) workerAnnounced(info druid.Worker) {
	if timer := t.cleanups[info.Host]; timer != nil {
		timer.Stop()
		delete(t.cleanups, info.Host)
	}
	if w := t.workers[info.Host]; w != nil {
		t.workerChanged(w, info)
		return
	}
	w := &worker{info: info, statuses: map[string]druid.TaskAnnouncement{}, unreadable: map[string]bool{}, completed: druid.At(time.Now())}
	t.workers[info.Host] = w
	for id, it := range t.tasks {
		if it.worker == info.Host && it.state == running && !it.acked {
			w.unacked = id
		}
	}
	t.views++
	w.cache = zkcache.Start(t.life, t.zc, t.paths.StatusesOf(info.Host), zkcache.Options{Data: true, Decompress: true, Log: t.log})
	t.helpers.Go(func() {
		for e := range w.cache.Events() {
			t.post(t.life, func() { t.statusEvent(w, e) })
		}
	})
	t.log.Info("worker announced", "worker", info.Host, "capacity", info.Capacity)
}

// workerChanged takes in a new capacity or version. Druid leaves what waits waiting
// until something else happens, even when the worker was enabled; here it is looked
// at again at once.
func (t *term) workerChanged(w *worker, info druid.Worker) {
	if w.info.IP != info.IP {
		t.log.Warn("worker update that changes its ip is ignored", "worker", info.Host)
		return
	}
	w.info, t.dirty = info, true
}

// workerGone forgets a worker. Its tasks fail, and its nodes are cleaned up, unless
// it is back before the cleanup timeout.
func (t *term) workerGone(host string) {
	w := t.workers[host]
	if w == nil {
		return
	}
	delete(t.workers, host)
	if !w.ready {
		t.views--
	}
	t.helpers.Go(w.cache.Stop)
	t.log.Info("worker gone", "worker", host, "cleanup", t.set.cleanupTimeout)
	t.scheduleCleanup(host)
	t.sweepBlacklist(time.Now())
	t.dirty = true
}

// workerShown is a worker as the overlord answers it: ImmutableWorkerInfo.
type workerShown struct {
	Worker             druid.Worker     `json:"worker"`
	CurrCapacityUsed   int              `json:"currCapacityUsed"`
	AvailabilityGroups []string         `json:"availabilityGroups"`
	RunningTasks       []string         `json:"runningTasks"`
	LastCompleted      druid.Timestamp  `json:"lastCompletedTaskTime"`
	BlacklistedUntil   *druid.Timestamp `json:"blacklistedUntil"`
}

// shown takes every status for a running task, also one that is complete and whose
// node is still there.
func (w *worker) shown() workerShown {
	s := workerShown{Worker: w.info, AvailabilityGroups: []string{}, RunningTasks: []string{}, LastCompleted: w.completed}
	for _, id := range slices.Sorted(maps.Keys(w.statuses)) {
		a := w.statuses[id]
		s.CurrCapacityUsed += a.Resource.RequiredCapacity
		s.AvailabilityGroups = append(s.AvailabilityGroups, a.Resource.AvailabilityGroup)
		s.RunningTasks = append(s.RunningTasks, id)
	}
	slices.Sort(s.AvailabilityGroups)
	s.AvailabilityGroups = slices.Compact(s.AvailabilityGroups)
	if !w.blacklisted.IsZero() {
		until := druid.At(w.blacklisted)
		s.BlacklistedUntil = &until
	}
	return s
}
