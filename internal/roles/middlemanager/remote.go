package middlemanager

import (
	"net/http"
	"strconv"
	"time"

	"oakmoot/internal/run/node"
)

// What an overlord with druid.indexer.runner.type=httpRemote asks of a worker. Assignments
// over HTTP also work beside those over ZooKeeper.

// maxTaskBytes bounds a task that arrives over HTTP.
const maxTaskBytes = 16 << 20

func (h resources) serveAssign(w http.ResponseWriter, r *http.Request) {
	task, ok := node.ReadTask(w, r, h.loop.Clock.Now(), maxTaskBytes)
	if !ok {
		return
	}
	var refused error
	if err := h.loop.Do(r.Context(), func() { refused = h.assign(task, byRequest) }); err != nil {
		refused = err
	}
	if refused != nil {
		http.Error(w, refused.Error(), http.StatusInternalServerError)
	}
}

// serveHistory answers with what changed after the counter, waiting for a change
// until the timeout. A negative counter asks for everything.
func (h resources) serveHistory(w http.ResponseWriter, r *http.Request) {
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
	deadline := h.loop.Clock.NewTimer(time.Duration(timeout) * time.Millisecond)
	defer deadline.Stop()
	for {
		var answer *snapshot
		var changed <-chan struct{}
		if err := h.loop.Do(r.Context(), func() { answer, changed = h.changesSince(after) }); err != nil {
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
		case <-h.loop.Ended():
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
	}
}
