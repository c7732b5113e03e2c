package overlord

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/druid/gate"
	"oakmoot/internal/druid/jackson"
	"oakmoot/internal/run/metadata"
	"oakmoot/internal/run/node"
)

// submit answers POST /task.
func (o *overlord) submit(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyLimit))
	if err != nil {
		node.WriteError(w, http.StatusBadRequest, err.Error())
		return
	}
	if err := gate.Check(body, gate.Task); err != nil {
		node.WriteRefused(w, err)
		return
	}
	task, err := druid.ParseTask(body, druid.At(time.Now()))
	if err != nil {
		node.WriteError(w, http.StatusBadRequest, err.Error())
		return
	}
	if err := task.CheckNames(); err != nil {
		node.WriteError(w, http.StatusBadRequest, err.Error())
		return
	}
	var addErr error
	if !o.leading(w, r, func(t *term) { addErr = t.add(t.life, task) }) {
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
func (o *overlord) payload(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	info, err := o.cfg.Store.Task(r.Context(), id)
	if err != nil {
		node.WriteError(w, http.StatusInternalServerError, err.Error())
		return
	}
	node.WriteJSON(w, http.StatusOK, taskPayload{id, info.Task.JSON})
}

// status answers GET /task/{id}/status. A task that the runner does not have is shown
// as WAITING, also one that has ended.
func (o *overlord) status(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	info, err := o.cfg.Store.Task(r.Context(), id)
	if err != nil {
		node.WriteError(w, http.StatusInternalServerError, err.Error())
		return
	}
	plus := storedPlus(info, waiting)
	o.do(r.Context(), func(t *term) {
		if it := t.tasks[id]; it != nil && it.state != waiting {
			plus.RunnerStatusCode, plus.Location = string(it.state), it.location
		}
	})
	node.WriteJSON(w, http.StatusOK, taskStatus{id, &plus})
}

// shutdownTask answers POST /task/{id}/shutdown, also for a task that has ended.
func (o *overlord) shutdownTask(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	if o.leading(w, r, func(t *term) { t.shutdown(id) }) {
		node.WriteJSON(w, http.StatusOK, map[string]string{"task": id})
	}
}

// shutdownAll answers POST /datasources/{ds}/shutdownAllTasks.
func (o *overlord) shutdownAll(w http.ResponseWriter, r *http.Request) {
	ds, found := r.PathValue("ds"), false
	led := o.leading(w, r, func(t *term) {
		for _, it := range t.queue() {
			if it.task.DataSource == ds {
				found = true
				t.shutdown(it.task.ID)
			}
		}
	})
	switch {
	case !led:
	case found:
		node.WriteJSON(w, http.StatusOK, map[string]string{"dataSource": ds})
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

// statuses answers POST /taskStatus: what became of tasks, those unknown or unreadable left out.
func (o *overlord) statuses(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyLimit))
	if err == nil {
		err = gate.Check(body, gate.Strings)
	}
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
		status, err := o.cfg.Store.TaskStatus(r.Context(), id)
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
