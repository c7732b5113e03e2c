package overlord

import (
	"errors"
	"io"
	"io/fs"
	"net/http"

	"oakmoot/internal/druid"
)

// taskLogs answers with logs and reports of tasks: SwitchingTaskLogStreamer behind
// OverlordResource.
type taskLogs struct {
	cfg    Config
	master *taskMaster
}

// log answers GET /task/{id}/log: from a worker that has the task, else from where
// finished logs are kept.
func (l taskLogs) log(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	offset, _, ok := intParam(w, r, "offset")
	if !ok {
		return
	}
	var uri string
	l.master.do(r.Context(), func(t *term) { uri = t.logURI(id, offset) })
	if uri != "" && l.fromWorker(w, r, uri) {
		return
	}
	file, err := l.cfg.Logs.OpenLog(id, offset)
	if errors.Is(err, fs.ErrNotExist) || druid.CheckTaskID(id) != nil {
		textAs(w, http.StatusNotFound, "text/plain;charset=utf-8", "No log was found for this task. The task may not exist, or it may not have begun running yet.")
		return
	}
	l.stream(w, file, err, "text/plain;charset=utf-8")
}

// stream answers with a file, or with the reason why there is none.
func (l taskLogs) stream(w http.ResponseWriter, file io.ReadCloser, err error, contentType string) {
	if err != nil {
		l.cfg.Log.Warn("not streamed", "error", err)
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	defer file.Close()
	w.Header().Set("Content-Type", contentType)
	_, _ = io.Copy(w, file) // the caller went away: nobody is left to tell
}

// fromWorker copies the log from a worker; false when the worker has none.
func (l taskLogs) fromWorker(w http.ResponseWriter, r *http.Request, uri string) bool {
	req, err := http.NewRequestWithContext(r.Context(), http.MethodGet, uri, nil)
	if err != nil {
		return false
	}
	resp, err := l.cfg.Client.Do(req)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return false
	}
	w.Header().Set("Content-Type", "text/plain;charset=utf-8")
	_, _ = io.Copy(w, resp.Body) // likewise
	return true
}

// reports answers GET /task/{id}/reports.
func (l taskLogs) reports(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	file, err := l.cfg.Logs.OpenReport(id)
	if errors.Is(err, fs.ErrNotExist) || druid.CheckTaskID(id) != nil {
		bare(w, http.StatusNotFound, "No task reports were found for this task. The task may not exist, or it may not have completed yet.")
		return
	}
	l.stream(w, file, err, "application/json")
}
