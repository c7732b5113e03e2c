package overlord

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/node"
)

// log answers GET /task/{id}/log: from a worker that has the task, else from where
// finished logs are kept: SwitchingTaskLogStreamer.
func (o *overlord) log(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	offset, _, ok := intParam(w, r, "offset")
	if !ok {
		return
	}
	var uri string
	o.do(r.Context(), func(t *term) {
		for _, wk := range t.workers {
			if _, has := wk.statuses[id]; has {
				uri = fmt.Sprintf("%s/log?offset=%d", workerURI(wk.info, id), offset)
			}
		}
	})
	if uri != "" && o.streamLog(w, r, uri) {
		return
	}
	file, err := o.cfg.Logs.OpenLog(id, offset)
	if errors.Is(err, os.ErrNotExist) || druid.CheckTaskID(id) != nil {
		textAs(w, http.StatusNotFound, "text/plain;charset=utf-8", "No log was found for this task. The task may not exist, or it may not have begun running yet.")
		return
	}
	o.stream(w, file, err, "text/plain;charset=utf-8")
}

// stream answers with a file, or with the reason why there is none.
func (o *overlord) stream(w http.ResponseWriter, file io.ReadCloser, err error, contentType string) {
	if err != nil {
		o.cfg.Log.Warn("not streamed", "error", err)
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	defer file.Close()
	w.Header().Set("Content-Type", contentType)
	_, _ = io.Copy(w, file) // the caller went away: nobody is left to tell
}

// streamLog copies the log from a worker; false when the worker has none.
func (o *overlord) streamLog(w http.ResponseWriter, r *http.Request, uri string) bool {
	req, err := http.NewRequestWithContext(r.Context(), http.MethodGet, uri, nil)
	if err != nil {
		return false
	}
	resp, err := o.cfg.Client.Do(req)
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
func (o *overlord) reports(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	file, err := o.cfg.Logs.OpenReport(id)
	if errors.Is(err, os.ErrNotExist) || druid.CheckTaskID(id) != nil {
		bare(w, http.StatusNotFound, "No task reports were found for this task. The task may not exist, or it may not have completed yet.")
		return
	}
	o.stream(w, file, err, "application/json")
}

// segments answers GET /task/{id}/segments, which Druid has deprecated: what the
// task's actions asked to insert, by the log of actions. Without
// druid.indexer.auditlog.enabled there is none.
func (o *overlord) segments(w http.ResponseWriter, r *http.Request) {
	entries, err := o.cfg.Store.TaskLogs(r.Context(), r.PathValue("id"))
	if err != nil {
		node.WriteError(w, http.StatusInternalServerError, err.Error())
		return
	}
	inserted, seen := []druid.DataSegment{}, map[string]bool{}
	for _, entry := range entries {
		var a action
		if json.Unmarshal(entry, &a) != nil || a.Type != "segmentInsertion" && a.Type != "segmentTransactionalInsert" {
			continue
		}
		for _, s := range a.Segments {
			if id := s.ID().String(); !seen[id] {
				seen[id] = true
				inserted = append(inserted, s)
			}
		}
	}
	node.WriteJSON(w, http.StatusOK, inserted)
}
