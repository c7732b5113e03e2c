package overlord

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/zk/zkcache"
)

// statusEvent is a change among the statuses of a worker.
func (t *term) statusEvent(w *worker, e zkcache.Event) {
	if t.workers[w.info.Host] != w {
		return
	}
	switch e.Type {
	case zkcache.Added, zkcache.Updated:
		a, err := readStatus(e.Name, e.Data)
		if err != nil {
			t.log.Warn("task status not understood", "path", e.Path, "error", err)
			w.unreadable[e.Name] = true
			return
		}
		delete(w.unreadable, e.Name)
		w.statuses[e.Name] = a
		t.statusSeen(w, e.Name, a)
	case zkcache.Removed:
		delete(w.statuses, e.Name)
		delete(w.unreadable, e.Name)
		t.statusGone(w, e.Name)
	case zkcache.Initialized:
		t.firstView(w)
	}
	t.dirty = true
}

// firstView is the moment at which all statuses of a worker are known. What it had
// when it was seen last, and has no status of any more, has gone meanwhile.
func (t *term) firstView(w *worker) {
	if !w.ready {
		w.ready = true
		t.views--
	}
	for id, it := range t.tasks {
		if _, there := w.statuses[id]; it.worker == w.info.Host && !there && !w.unreadable[id] {
			t.statusGone(w, id)
		}
	}
}

// readStatus reads a status node, which must speak of the task that it is named for.
func readStatus(id string, b []byte) (druid.TaskAnnouncement, error) {
	var a druid.TaskAnnouncement
	err := json.Unmarshal(b, &a)
	if err == nil && a.Status.ID != id {
		err = fmt.Errorf("it is of task %q", a.Status.ID)
	}
	return a, err
}

// statusSeen takes in what a worker says of a task. That of a task which nobody asked
// the worker for is left to tidyStatuses.
func (t *term) statusSeen(w *worker, id string, a druid.TaskAnnouncement) {
	t.acknowledged(id, w.info.Host)
	it := t.tasks[id]
	if it == nil || it.ended != nil || it.worker != w.info.Host && it.worker != "" {
		return
	}
	t.follow(it, w.info.Host, a)
	if !a.Status.Complete() {
		return
	}
	w.completed = druid.At(time.Now())
	t.finish(t.life, it, a.Status)
	t.judge(w, a.Status.Status == druid.TaskSuccess)
	if t.tasks[id] == nil {
		t.remove(t.life, t.paths.Status(w.info.Host, id))
	}
}

// follow notes that a task runs on a worker, and where.
func (t *term) follow(it *item, host string, a druid.TaskAnnouncement) {
	if it.timeout != nil {
		it.timeout.Stop()
	}
	if it.state == waiting {
		it.queued = druid.At(time.Now())
	}
	it.state, it.worker, it.acked, it.location = running, host, true, a.Location
}

// adopt finds a task that runs already, started by an earlier leader.
func (t *term) adopt(it *item) bool {
	for _, w := range t.workers {
		if a, ok := w.statuses[it.task.ID]; ok {
			t.statusSeen(w, it.task.ID, a)
			return true
		}
		if w.unreadable[it.task.ID] {
			t.hold(it, w.info.Host)
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
	t.fail(it)
}

// tidyStatuses deals with statuses of tasks that are not in the queue: one that has
// ended is deleted, one that runs is told to end. So is one that runs here though
// another worker has the task. A task that is active in the store belongs into the
// queue, in which Druid does not look it up.
func (t *term) tidyStatuses() {
	for host, w := range t.workers {
		for id, a := range w.statuses {
			it := t.tasks[id]
			ended := a.Status.Complete()
			if it != nil && (ended || it.worker == host || it.worker == "") || !ended && t.shut[t.paths.Status(host, id)] {
				continue
			}
			if it == nil {
				active, known := t.isActive(t.life, id)
				if active {
					t.syncFromStorage(t.life)
				}
				if active || !known {
					continue
				}
			}
			if ended {
				t.remove(t.life, t.paths.Status(host, id))
				continue
			}
			t.log.Info("task that is not to run there is shut down", "task", id, "worker", host)
			t.askShutdown(host, id)
		}
	}
}

// askShutdown tells a worker to end a task, whose status then comes over ZooKeeper.
func (t *term) askShutdown(host, id string) {
	w := t.workers[host]
	if w == nil {
		return
	}
	asked := t.paths.Status(host, id)
	t.shut[asked] = true
	uri := workerURI(w.info, id) + "/shutdown"
	t.helpers.Go(func() {
		if err := t.postTo(uri); err != nil && t.life.Err() == nil {
			t.log.Warn("shutdown not delivered", "task", id, "worker", host, "error", err)
			t.post(t.life, func() { delete(t.shut, asked) })
		}
	})
}

func (t *term) postTo(uri string) error {
	ctx, cancel := context.WithTimeout(t.life, t.set.shutdownTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, uri, http.NoBody)
	if err != nil {
		return err
	}
	resp, err := t.o.cfg.Client.Do(req)
	if err != nil {
		return err
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("answered %s", resp.Status)
	}
	return nil
}

// workerURI is where a worker answers for a task: TaskRunnerUtils.makeWorkerURL.
func workerURI(w druid.Worker, id string) string {
	return w.Scheme + "://" + w.Host + "/druid/worker/v1/task/" + url.PathEscape(id)
}
