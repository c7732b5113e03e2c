package middlemanager

import (
	"errors"
	"io"
	"io/fs"
	"net/http"
	"strconv"

	"oakmoot/internal/run/deepstore"
	"oakmoot/internal/run/node"
)

// resources are what other roles and operators may ask of a worker: WorkerResource
// and TaskManagementResource of Druid.
type resources struct {
	*monitor
	reg *registration
}

func handler(m *monitor, reg *registration) http.Handler {
	h := resources{m, reg}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /druid/worker/v1/disable", h.serveAnnounce("disabled"))
	mux.HandleFunc("POST /druid/worker/v1/enable", h.serveAnnounce("enabled"))
	mux.HandleFunc("GET /druid/worker/v1/enabled", h.serveEnabled)
	mux.HandleFunc("GET /druid/worker/v1/tasks", h.serveTasks)
	mux.HandleFunc("POST /druid/worker/v1/task/{id}/shutdown", h.serveShutdown)
	mux.HandleFunc("GET /druid/worker/v1/task/{id}/log", h.serveLog)
	mux.HandleFunc("GET /druid-internal/v1/worker", h.serveHistory)
	mux.HandleFunc("GET /druid-internal/v1/worker/{$}", h.serveHistory)
	mux.HandleFunc("POST /druid-internal/v1/worker/assignTask", node.Takes(node.JSONObject, h.serveAssign))
	return mux
}

func (h resources) serveAnnounce(state string) http.HandlerFunc {
	disabled := state == "disabled"
	return func(w http.ResponseWriter, r *http.Request) {
		err := h.reg.update(r.Context(), disabled)
		if err == nil {
			err = h.loop.Do(r.Context(), func() { h.setDisabled(disabled) })
		}
		if err != nil {
			h.log.Error("worker not announced", "state", state, "error", err)
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		node.WriteJSON(w, http.StatusOK, map[string]string{h.reg.worker.Host: state})
	}
}

// answer runs f in the loop and writes what it returns.
func (h resources) answer(w http.ResponseWriter, r *http.Request, f func() any) {
	var v any
	if err := h.loop.Do(r.Context(), func() { v = f() }); err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	node.WriteJSON(w, http.StatusOK, v)
}

func (h resources) serveEnabled(w http.ResponseWriter, r *http.Request) {
	h.answer(w, r, func() any { return map[string]bool{h.reg.worker.Host: !h.disabled} })
}

func (h resources) serveTasks(w http.ResponseWriter, r *http.Request) {
	h.answer(w, r, func() any { return h.tasks.activeIDs() })
}

func (h resources) serveShutdown(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	h.answer(w, r, func() any {
		h.shutdown(id)
		return map[string]string{"task": id}
	})
}

func (h resources) serveLog(w http.ResponseWriter, r *http.Request) {
	offset, err := strconv.ParseInt(r.FormValue("offset"), 10, 64)
	if err != nil && r.FormValue("offset") != "" {
		w.WriteHeader(http.StatusNotFound) // Jersey's answer to what is not a number
		return
	}
	var file string
	err = h.loop.Do(r.Context(), func() {
		if t := h.tasks.active(r.PathValue("id")); t != nil {
			file = t.logFile
		}
	})
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	if file == "" {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	if err := h.streamLog(w, file, offset); err != nil {
		h.log.Warn("task log not sent", "file", file, "error", err)
	}
}

// streamLog sends a log from offset on; a negative one counts back from the end.
func (h resources) streamLog(w http.ResponseWriter, file string, offset int64) error {
	f, err := deepstore.OpenAt(h.runner.cfg.Disk, file, offset)
	if errors.Is(err, fs.ErrNotExist) {
		w.WriteHeader(http.StatusNotFound) // it has not begun, or has just ended
		return nil
	}
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return err
	}
	defer f.Close()
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err = io.Copy(w, f)
	return err
}
