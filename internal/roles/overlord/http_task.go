package overlord

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"oakmoot/internal/druid"
	"oakmoot/internal/druid/gate"
	"oakmoot/internal/druid/jackson"
	"oakmoot/internal/roles/overlord/taskaction"
	"oakmoot/internal/run/metadata"
	"oakmoot/internal/run/node"
)

// taskResource answers for single tasks: that part of OverlordResource.
type taskResource struct {
	cfg    Config
	master *taskMaster
}

// submit answers POST /task.
func (tr taskResource) submit(w http.ResponseWriter, r *http.Request) {
	task, ok := node.ReadTask(w, r, tr.cfg.Clock.Now(), bodyLimit, func(body []byte) error { return gate.Check(body, gate.Task) })
	if !ok {
		return
	}
	if err := task.CheckNames(); err != nil {
		node.WriteError(w, http.StatusBadRequest, err.Error())
		return
	}
	var addErr error
	if !tr.master.leading(w, r, func(t *term) { addErr = t.add(task) }) {
		return
	}
	switch {
	case errors.Is(addErr, metadata.ErrTaskExists):
		node.WriteError(w, http.StatusBadRequest, fmt.Sprintf("Task[%s] already exists!", task.ID))
	case addErr != nil:
		node.WriteError(w, http.StatusInternalServerError, addErr.Error())
	default:
		node.WriteJSON(w, http.StatusOK, map[string]string{"task": task.ID})
	}
}

// taskPayload is TaskPayloadResponse, and taskStatus TaskStatusResponse.
type (
	taskPayload struct {
		Task    string          `json:"task"`
		Payload json.RawMessage `json:"payload"`
	}
	taskStatus struct {
		Task   string                `json:"task"`
		Status *druid.TaskStatusPlus `json:"status"`
	}
)

// payload answers GET /task/{id}.
func (tr taskResource) payload(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	info, err := tr.cfg.Store.Task(r.Context(), id)
	if err != nil {
		node.WriteError(w, http.StatusInternalServerError, err.Error())
		return
	}
	node.WriteJSON(w, http.StatusOK, taskPayload{id, info.Task.JSON})
}

// status answers GET /task/{id}/status. A task that the runner does not have is shown
// as WAITING, even one that has ended.
func (tr taskResource) status(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	info, err := tr.cfg.Store.Task(r.Context(), id)
	if err != nil {
		node.WriteError(w, http.StatusInternalServerError, err.Error())
		return
	}
	plus := storedPlus(info, waiting)
	tr.master.do(r.Context(), func(t *term) {
		if state, at, has := t.whereIs(id); has {
			plus.RunnerStatusCode, plus.Location = string(state), at
		}
	})
	node.WriteJSON(w, http.StatusOK, taskStatus{id, &plus})
}

// shutdown answers POST /task/{id}/shutdown, even for a task that has ended.
func (tr taskResource) shutdown(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	if tr.master.leading(w, r, func(t *term) { t.shutdown(id) }) {
		node.WriteJSON(w, http.StatusOK, map[string]string{"task": id})
	}
}

// shutdownAll answers POST /datasources/{ds}/shutdownAllTasks.
func (tr taskResource) shutdownAll(w http.ResponseWriter, r *http.Request) {
	ds, found := r.PathValue("ds"), false
	led := tr.master.leading(w, r, func(t *term) { found = t.shutdownAll(ds) })
	switch {
	case !led:
	case found:
		node.WriteJSON(w, http.StatusOK, map[string]string{"dataSource": ds})
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

// segments answers GET /task/{id}/segments, which Druid has deprecated: what the
// task's actions asked to insert, according to the log of actions. Without
// druid.indexer.auditlog.enabled there is no such log.
func (tr taskResource) segments(w http.ResponseWriter, r *http.Request) {
	entries, err := tr.cfg.Store.TaskLogs(r.Context(), r.PathValue("id"))
	if err != nil {
		node.WriteError(w, http.StatusInternalServerError, err.Error())
		return
	}
	inserted, seen := []druid.DataSegment{}, map[string]bool{}
	for _, entry := range entries {
		var a taskaction.Action
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

// statuses answers POST /taskStatus: what became of tasks, those unknown or unreadable left out.
func (tr taskResource) statuses(w http.ResponseWriter, r *http.Request) {
	body, err := readAs(w, r, gate.Strings)
	given := jackson.Parse(body).Elements
	switch {
	case err != nil && err != gate.ErrNothing:
		node.WriteRefused(w, err)
		return
	case len(given) == 0:
		bare(w, http.StatusBadRequest, "No TaskIds provided.")
		return
	}
	answer := map[string]druid.TaskStatus{}
	for _, v := range given {
		id := v.Text
		status, err := tr.cfg.Store.TaskStatus(r.Context(), id)
		if errors.Is(err, metadata.ErrNotFound) || errors.Is(err, metadata.ErrUnreadable) {
			continue
		}
		if err != nil {
			node.WriteError(w, http.StatusInternalServerError, err.Error())
			return
		}
		answer[id] = status
	}
	node.WriteJSON(w, http.StatusOK, answer)
}

// killPending answers DELETE /pendingSegments/{ds}; without an interval it deletes
// nothing.
func (tr taskResource) killPending(w http.ResponseWriter, r *http.Request) {
	var interval druid.Interval
	var err error
	if node.Present(r, "interval") {
		interval, err = druid.ParseInterval(r.URL.Query().Get("interval"))
	}
	if err != nil {
		tr.cfg.Log.Warn("pending segments not deleted", "error", err)
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	if !tr.master.isLeader() {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	n, err := tr.cfg.Store.DeletePending(r.Context(), r.PathValue("ds"), interval)
	if err != nil {
		node.WriteError(w, http.StatusInternalServerError, err.Error())
		return
	}
	node.WriteJSON(w, http.StatusOK, map[string]int{"numDeleted": n})
}
