package middlemanager

import (
	"net/http"
	"strconv"
	"time"

	"oakmoot/internal/run/node"
)

// What an overlord with druid.indexer.runner.type=httpRemote asks of a worker. An
// assignment over HTTP works beside those over ZooKeeper, too.

// maxTaskBytes bounds a task that arrives over HTTP.
const maxTaskBytes = 16 << 20

func (m *monitor) serveAssign(w http.ResponseWriter, r *http.Request) {
	task, ok := node.ReadTask(w, r, maxTaskBytes)
	if !ok {
		return
	}
	var refused error
	if err := m.ask(r.Context(), func() { refused = m.assign(task, byRequest) }); err != nil {
		refused = err
	}
	if refused != nil {
		http.Error(w, refused.Error(), http.StatusInternalServerError)
	}
}

// serveHistory answers with what changed after the counter, waiting for a change
// until the timeout. A negative counter asks for everything.
func (m *monitor) serveHistory(w http.ResponseWriter, r *http.Request) {
	number := func(name string) int64 {
		n, _ := strconv.ParseInt(r.FormValue(name), 10, 64) // absent is 0, as in Jersey
		return n
	}
	timeout := number("timeout")
	if timeout <= 0 {
		http.Error(w, "timeout must be positive.", http.StatusBadRequest)
		return
	}
	after := counter{number("counter"), number("hash")}
	deadline := time.NewTimer(time.Duration(timeout) * time.Millisecond)
	defer deadline.Stop()
	for {
		var answer *snapshot
		var changed <-chan struct{}
		if err := m.ask(r.Context(), func() { answer, changed = m.changesSince(after) }); err != nil {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		if answer != nil {
			node.WriteJSON(w, http.StatusOK, answer)
			return
		}
		select {
		case <-changed:
		case <-deadline.C:
			w.WriteHeader(http.StatusNoContent)
			return
		case <-r.Context().Done():
			return
		case <-m.ended:
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
	}
}

// changesSince is what to answer now, or a channel that is closed at the next
// change.
func (m *monitor) changesSince(after counter) (*snapshot, <-chan struct{}) {
	if after.Counter >= 0 {
		return m.history.since(after)
	}
	items := []any{metadata(m.disabled)}
	for _, task := range m.assigned {
		items = append(items, taskUpdate(runningAnnouncement(task)))
	}
	for _, r := range m.running {
		items = append(items, taskUpdate(announcementOf(r.task, r.status, r.location)))
	}
	for _, a := range m.completed {
		items = append(items, taskUpdate(a))
	}
	return &snapshot{Counter: ptr(m.history.last()), Requests: items}, nil
}

func ptr[T any](v T) *T { return &v }
