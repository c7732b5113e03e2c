package middlemanager

import (
	"errors"
	"io"
	"io/fs"
	"net/http"
	"slices"
	"strconv"

	"oakmoot/internal/run/deepstore"
	"oakmoot/internal/run/node"
	"oakmoot/internal/zk/announce"
)

// handler is what other roles and operators may ask of a worker: WorkerResource
// and TaskManagementResource of Druid.
func (m *monitor) handler(own *announce.Announcer) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /druid/worker/v1/disable", m.serveAnnounce(own, "disabled"))
	mux.HandleFunc("POST /druid/worker/v1/enable", m.serveAnnounce(own, "enabled"))
	mux.HandleFunc("GET /druid/worker/v1/enabled", m.serveEnabled)
	mux.HandleFunc("GET /druid/worker/v1/tasks", m.serveTasks)
	mux.HandleFunc("POST /druid/worker/v1/task/{id}/shutdown", m.serveShutdown)
	mux.HandleFunc("GET /druid/worker/v1/task/{id}/log", m.serveLog)
	mux.HandleFunc("GET /druid-internal/v1/worker", m.serveHistory)
	mux.HandleFunc("GET /druid-internal/v1/worker/{$}", m.serveHistory)
	mux.HandleFunc("POST /druid-internal/v1/worker/assignTask", node.Takes(node.JSONObject, m.serveAssign))
	return mux
}

// serveAnnounce announces the worker again, without its version when it is
// disabled: "" is below every minimum version, so no overlord assigns to it.
// What runs goes on.
func (m *monitor) serveAnnounce(own *announce.Announcer, state string) http.HandlerFunc {
	disabled := state == "disabled"
	return func(w http.ResponseWriter, r *http.Request) {
		worker := m.worker
		if disabled {
			worker.Version = ""
		}
		data, err := m.cfg.Release.Marshal(worker)
		if err == nil {
			err = own.Update(r.Context(), m.cfg.Paths.Worker(worker.Host), data)
		}
		if err == nil {
			err = m.ask(r.Context(), func() { m.setDisabled(disabled) })
		}
		if err != nil {
			m.log.Error("worker not announced", "state", state, "error", err)
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		node.WriteJSON(w, http.StatusOK, map[string]string{worker.Host: state})
	}
}

func (m *monitor) setDisabled(disabled bool) {
	if m.disabled != disabled {
		m.disabled = disabled
		m.history.add(metadata(disabled))
	}
}

// answer runs f in the loop and writes what it returns.
func (m *monitor) answer(w http.ResponseWriter, r *http.Request, f func() any) {
	var v any
	if err := m.ask(r.Context(), func() { v = f() }); err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	node.WriteJSON(w, http.StatusOK, v)
}

func (m *monitor) serveEnabled(w http.ResponseWriter, r *http.Request) {
	m.answer(w, r, func() any { return map[string]bool{m.worker.Host: !m.disabled} })
}

func (m *monitor) serveTasks(w http.ResponseWriter, r *http.Request) {
	m.answer(w, r, func() any {
		ids := make([]string, 0, len(m.running))
		for id := range m.running {
			ids = append(ids, id)
		}
		slices.Sort(ids)
		return ids
	})
}

func (m *monitor) serveShutdown(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	m.answer(w, r, func() any {
		m.shutdown(id)
		return map[string]string{"task": id}
	})
}

func (m *monitor) serveLog(w http.ResponseWriter, r *http.Request) {
	offset, err := strconv.ParseInt(r.FormValue("offset"), 10, 64)
	if err != nil && r.FormValue("offset") != "" {
		w.WriteHeader(http.StatusNotFound) // Jersey's answer to a number that is none
		return
	}
	var file string
	err = m.ask(r.Context(), func() {
		if task := m.running[r.PathValue("id")]; task != nil {
			file = task.logFile
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
	if err := m.streamLog(w, file, offset); err != nil {
		m.log.Warn("task log not sent", "file", file, "error", err)
	}
}

// streamLog sends a log from offset on; a negative one counts back from the end.
func (m *monitor) streamLog(w http.ResponseWriter, file string, offset int64) error {
	f, err := deepstore.OpenAt(file, offset)
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
