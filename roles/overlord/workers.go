package overlord

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/zkcache"
	"oakmoot/internal/zkconn"
)

// The overlord's view of its workers: RemoteTaskRunner of Druid.

// worker is a worker that is announced.
type worker struct {
	info        druid.Worker
	cache       *zkcache.Cache // on its statuses
	ready       bool           // its statuses have been read
	statuses    map[string]druid.TaskAnnouncement
	unacked     string // the task that was assigned and has no status yet
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
		var info druid.Worker
		if err := json.Unmarshal(e.Data, &info); err != nil {
			t.log.Warn("worker announcement not understood", "path", e.Path, "error", err)
			return
		}
		t.workerAnnounced(info)
	case zkcache.Removed:
		t.workerGone(e.Name)
	case zkcache.Initialized:
		t.listed = true
		t.cleanUpStrangers()
	}
}

func (t *term) workerAnnounced(info druid.Worker) {
	if timer := t.cleanups[info.Host]; timer != nil {
		timer.Stop()
		delete(t.cleanups, info.Host)
	}
	if w := t.workers[info.Host]; w != nil {
		if w.info.IP != info.IP {
			t.log.Warn("worker update that changes its ip is ignored", "worker", info.Host)
			return
		}
		w.info = info
		t.dirty = true
		return
	}
	w := &worker{info: info, statuses: map[string]druid.TaskAnnouncement{}, completed: druid.At(time.Now())}
	t.workers[info.Host] = w
	t.views++
	w.cache = zkcache.Start(t.life, t.zc, t.paths.StatusesOf(info.Host), zkcache.Options{Data: true, Decompress: true, Log: t.log})
	t.helpers.Go(func() {
		for e := range w.cache.Events() {
			t.post(t.life, func() { t.statusEvent(w, e) })
		}
	})
	t.log.Info("worker announced", "worker", info.Host, "capacity", info.Capacity)
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
	t.dirty = true
}

func (t *term) scheduleCleanup(host string) {
	t.cleanups[host] = t.after(t.set.cleanupTimeout, func() {
		if t.workers[host] == nil {
			delete(t.cleanups, host)
			t.cleanUp(t.life, host)
		}
	})
}

// cleanUpStrangers schedules the cleanup of what workers left that are no more.
func (t *term) cleanUpStrangers() {
	hosts, err := t.zc.Children(t.life, t.paths.IndexerStatus)
	if err != nil && !errors.Is(err, zkconn.ErrNoNode) && t.life.Err() == nil {
		t.log.Warn("statuses not listed", "error", err)
	}
	for _, host := range hosts {
		if t.workers[host] == nil && t.cleanups[host] == nil {
			t.scheduleCleanup(host)
		}
	}
}

// cleanUp fails the tasks of a worker that did not come back, and deletes its
// nodes: RemoteTaskRunner.scheduleTasksCleanupForWorker.
func (t *term) cleanUp(ctx context.Context, host string) {
	ids, err := t.zc.Children(ctx, t.paths.TasksOf(host))
	if err != nil && !errors.Is(err, zkconn.ErrNoNode) {
		t.log.Warn("assignments not listed", "worker", host, "error", err)
	}
	for id, it := range t.tasks {
		if it.state == running && it.worker == host && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	statuses, err := t.zc.Children(ctx, t.paths.StatusesOf(host))
	if err != nil && !errors.Is(err, zkconn.ErrNoNode) {
		t.log.Warn("statuses not listed", "worker", host, "error", err)
	}
	for _, id := range slices.Compact(slices.Sorted(slices.Values(append(ids, statuses...)))) {
		t.remove(ctx, t.paths.Task(host, id))
		t.remove(ctx, t.paths.Status(host, id))
		if it := t.tasks[id]; it != nil && (it.worker == host || it.worker == "") && it.state == running {
			t.log.Info("task of a lost worker failed", "task", id, "worker", host)
			t.finish(ctx, it, druid.TaskStatus{ID: id, Status: druid.TaskFailed, Duration: -1})
		}
	}
	t.remove(ctx, t.paths.StatusesOf(host))
}

// remove deletes a node that may be gone already.
func (t *term) remove(ctx context.Context, path string) {
	if err := t.zc.Delete(ctx, path, -1); err != nil && !errors.Is(err, zkconn.ErrNoNode) && ctx.Err() == nil {
		t.log.Warn("node not deleted", "path", path, "error", err)
	}
}

func (t *term) statusEvent(w *worker, e zkcache.Event) {
	if t.workers[w.info.Host] != w {
		return
	}
	switch e.Type {
	case zkcache.Added, zkcache.Updated:
		var a druid.TaskAnnouncement
		if err := json.Unmarshal(e.Data, &a); err != nil {
			t.log.Warn("task status not understood", "path", e.Path, "error", err)
			return
		}
		w.statuses[e.Name] = a
		t.statusSeen(w, a)
	case zkcache.Removed:
		delete(w.statuses, e.Name)
		t.statusGone(w, e.Name)
	case zkcache.Initialized:
		if !w.ready {
			w.ready = true
			t.views--
		}
	}
	t.dirty = true
}

// statusSeen takes in what a worker says of a task.
func (t *term) statusSeen(w *worker, a druid.TaskAnnouncement) {
	id := a.Status.ID
	if w.unacked == id {
		w.unacked = ""
	}
	it := t.tasks[id]
	if it != nil && (it.worker == w.info.Host || it.worker == "") {
		t.follow(it, w, a)
	}
	if !a.Status.Complete() {
		return
	}
	w.completed = druid.At(time.Now())
	if it != nil && it.worker == w.info.Host {
		t.finish(t.life, it, a.Status)
		t.judge(w, a.Status.Status == druid.TaskSuccess)
	}
	if it == nil || it.worker == w.info.Host {
		t.remove(t.life, t.paths.Status(w.info.Host, id))
	}
}

// follow notes that a task runs on a worker, and where.
func (t *term) follow(it *item, w *worker, a druid.TaskAnnouncement) {
	if it.timeout != nil {
		it.timeout.Stop()
	}
	if it.state != running {
		it.queued = druid.At(time.Now())
	}
	it.state, it.worker, it.acked, it.location = running, w.info.Host, true, a.Location
}

// adopt finds a task that runs already, started by an earlier leader.
func (t *term) adopt(it *item) bool {
	for _, w := range t.workers {
		if a, ok := w.statuses[it.task.ID]; ok {
			t.statusSeen(w, a)
			return true
		}
	}
	return false
}

// statusGone is a status that somebody deleted. A task that was still running has
// failed with it.
func (t *term) statusGone(w *worker, id string) {
	it := t.tasks[id]
	if it == nil || it.worker != w.info.Host || !it.acked {
		return
	}
	t.log.Warn("task just disappeared", "task", id, "worker", w.info.Host)
	t.finish(t.life, it, druid.TaskStatus{ID: id, Status: druid.TaskFailed, Duration: -1})
}

// shutStrays asks for the end of tasks that workers run though nobody here knows
// them, each once.
func (t *term) shutStrays() {
	for host, w := range t.workers {
		for id, a := range w.statuses {
			if t.tasks[id] == nil && !a.Status.Complete() && !t.shut[id] {
				t.askShutdown(host, id)
			}
		}
	}
}

// askShutdown tells a worker to end a task. Its status comes over ZooKeeper.
func (t *term) askShutdown(host, id string) {
	w := t.workers[host]
	if w == nil {
		return
	}
	t.shut[id] = true
	uri := w.info.Scheme + "://" + host + "/druid/worker/v1/task/" + url.PathEscape(id) + "/shutdown"
	t.helpers.Go(func() {
		ctx, cancel := context.WithTimeout(t.life, t.set.shutdownTimeout)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, uri, strings.NewReader(""))
		if err == nil {
			var resp *http.Response
			if resp, err = t.o.cfg.Client.Do(req); err == nil {
				resp.Body.Close()
			}
		}
		if err != nil && t.life.Err() == nil {
			t.log.Warn("shutdown not delivered", "task", id, "worker", host, "error", err)
			t.post(t.life, func() { delete(t.shut, id) })
		}
	})
}

// judge counts failures in a row; too many put the worker on the blacklist for a
// while, as long as few others are on it.
func (t *term) judge(w *worker, success bool) {
	if success {
		w.failures, w.blacklisted = 0, time.Time{}
		return
	}
	w.failures++
	on := 0
	for _, o := range t.workers {
		if !o.blacklisted.IsZero() {
			on++
		}
	}
	if w.failures > t.set.maxRetries && on <= len(t.workers)*t.set.maxBlacklisted/100-1 {
		w.blacklisted = time.Now().Add(t.set.blacklistBackoff)
		t.log.Warn("worker blacklisted", "worker", w.info.Host, "failures", w.failures, "until", w.blacklisted)
	}
}

// sweepBlacklist lets workers back whose time is over, or when too many are on it.
func (t *term) sweepBlacklist(now time.Time) {
	on := 0
	for _, w := range t.workers {
		if !w.blacklisted.IsZero() {
			on++
		}
	}
	for _, w := range t.workers {
		if w.blacklisted.IsZero() {
			continue
		}
		if now.After(w.blacklisted) || on*100 > len(t.workers)*t.set.maxBlacklisted {
			w.blacklisted, w.failures, t.dirty = time.Time{}, 0, true
			on--
		}
	}
}
