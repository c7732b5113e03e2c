package overlord

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/metadata"
	"oakmoot/internal/node"
)

// submit answers POST /task.
func (o *overlord) submit(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyLimit))
	if err != nil {
		node.WriteError(w, http.StatusBadRequest, err.Error())
		return
	}
	task, err := druid.ParseTask(body, druid.At(time.Now()))
	if err != nil {
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

// ordered is an answer whose keys have an order.
type ordered struct {
	Task    string `json:"task"`
	Payload any    `json:"payload,omitempty"`
	Status  any    `json:"status,omitempty"`
}

// payload answers GET /task/{id}.
func (o *overlord) payload(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	info, err := o.cfg.Store.Task(r.Context(), id)
	if err != nil {
		o.unknownTask(w, err, map[string]any{"task": id, "payload": nil})
		return
	}
	node.WriteJSON(w, http.StatusOK, ordered{Task: id, Payload: info.Task.JSON})
}

// unknownTask answers for a task that the store does not have, or could not say.
func (o *overlord) unknownTask(w http.ResponseWriter, err error, answer any) {
	if errors.Is(err, metadata.ErrNotFound) {
		node.WriteJSON(w, http.StatusNotFound, answer)
		return
	}
	node.WriteError(w, http.StatusInternalServerError, err.Error())
}

// status answers GET /task/{id}/status.
func (o *overlord) status(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	info, err := o.cfg.Store.Task(r.Context(), id)
	if err != nil {
		o.unknownTask(w, err, map[string]any{"task": id, "status": nil})
		return
	}
	plus := finishedPlus(info)
	var active *druid.TaskStatusPlus
	if !info.Status.Complete() && o.leading(w, r, func(t *term) { active = t.plus(id) }) == false {
		return
	}
	if active != nil {
		plus = *active
		duration := int64(-1)
		plus.Duration = &duration
	}
	node.WriteJSON(w, http.StatusOK, ordered{Task: id, Status: plus})
}

// plus is an active task as the lists show it.
func (t *term) plus(id string) *druid.TaskStatusPlus {
	it := t.tasks[id]
	if it == nil {
		return nil
	}
	return &druid.TaskStatusPlus{
		ID: id, Type: it.task.Type, CreatedTime: it.created, QueueInsertionTime: cmp.Or(it.queued, it.created),
		StatusCode: druid.TaskRunning, RunnerStatusCode: string(it.state), Location: it.location, DataSource: it.task.DataSource,
	}
}

// finishedPlus is a finished task as the lists show it.
func finishedPlus(info metadata.TaskInfo) druid.TaskStatusPlus {
	return druid.TaskStatusPlus{
		ID: info.Task.ID, Type: info.Task.Type, CreatedTime: info.Created, StatusCode: info.Status.Status, RunnerStatusCode: "NONE",
		Duration: &info.Status.Duration, Location: druid.UnknownLocation(), DataSource: info.Task.DataSource, ErrorMsg: info.Status.ErrorMsg,
	}
}

// shutdownTask answers POST /task/{id}/shutdown, also for a task that is unknown.
func (o *overlord) shutdownTask(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	if o.leading(w, r, func(t *term) { t.shutdown(t.life, id) }) {
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
				t.shutdown(t.life, it.task.ID)
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

// statuses answers POST /taskStatus: what became of tasks, those unknown left out.
func (o *overlord) statuses(w http.ResponseWriter, r *http.Request) {
	var ids []string
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, bodyLimit)).Decode(&ids); err != nil || len(ids) == 0 {
		node.WriteError(w, http.StatusBadRequest, "No TaskIds provided.")
		return
	}
	answer := map[string]druid.TaskStatus{}
	for _, id := range ids {
		status, err := o.cfg.Store.TaskStatus(r.Context(), id)
		if errors.Is(err, metadata.ErrNotFound) {
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

// inState answers the lists of active tasks in one state.
func (o *overlord) inState(state runState) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		all := []druid.TaskStatusPlus{}
		kind := r.URL.Query().Get("type")
		if o.leading(w, r, func(t *term) { all = append(all, t.listing(state, "", kind)...) }) {
			node.WriteJSON(w, http.StatusOK, all)
		}
	}
}

// listing lists active tasks, oldest first; "" is any datasource or type.
func (t *term) listing(state runState, dataSource, kind string) []druid.TaskStatusPlus {
	var all []druid.TaskStatusPlus
	for _, it := range t.queue() {
		if it.state == state && (dataSource == "" || it.task.DataSource == dataSource) && (kind == "" || it.task.Type == kind) {
			all = append(all, *t.plus(it.task.ID))
		}
	}
	return all
}

// complete answers GET /completeTasks.
func (o *overlord) complete(w http.ResponseWriter, r *http.Request) {
	n, _ := strconv.Atoi(r.URL.Query().Get("n")) // absent or no number is all
	all, err := o.finished(r, n, "", "")
	if err != nil {
		node.WriteError(w, http.StatusInternalServerError, err.Error())
		return
	}
	node.WriteJSON(w, http.StatusOK, all)
}

func (o *overlord) finished(r *http.Request, n int, dataSource, kind string) ([]druid.TaskStatusPlus, error) {
	since := druid.At(time.Now().Add(-o.settings().recent))
	if text := r.URL.Query().Get("createdTimeInterval"); text != "" {
		interval, err := druid.ParseInterval(strings.ReplaceAll(text, "_", "/"))
		if err != nil {
			return nil, err
		}
		since = interval.Start
	}
	infos, err := o.cfg.Store.RecentlyFinished(r.Context(), since, n)
	if err != nil {
		return nil, err
	}
	all := []druid.TaskStatusPlus{}
	for _, info := range infos {
		if (dataSource == "" || info.Task.DataSource == dataSource) && (kind == "" || info.Task.Type == kind) {
			all = append(all, finishedPlus(info))
		}
	}
	return all, nil
}

// tasks answers GET /tasks: complete, waiting, pending and running ones, in this order.
func (o *overlord) tasks(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	state, ds, kind := q.Get("state"), q.Get("datasource"), q.Get("type")
	if state != "" && !slices.Contains([]string{"pending", "waiting", "running", "complete"}, state) {
		node.WriteError(w, http.StatusBadRequest, "Invalid state : "+state+", valid values are: [pending, waiting, running, complete]")
		return
	}
	all := []druid.TaskStatusPlus{}
	if state == "" || state == "complete" {
		most, _ := strconv.Atoi(q.Get("max")) // absent or no number is all
		finished, err := o.finished(r, most, ds, kind)
		if err != nil {
			node.WriteError(w, http.StatusInternalServerError, err.Error())
			return
		}
		all = append(all, finished...)
	}
	led := o.leading(w, r, func(t *term) {
		for _, s := range []runState{waiting, pending, running} {
			if state == "" || strings.EqualFold(state, string(s)) {
				all = append(all, t.listing(s, ds, kind)...)
			}
		}
	})
	if led {
		node.WriteJSON(w, http.StatusOK, all)
	}
}

// log answers GET /task/{id}/log: from the worker while the task runs, else from
// where finished logs are kept.
func (o *overlord) log(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	offset, _ := strconv.ParseInt(r.URL.Query().Get("offset"), 10, 64) // absent is the whole log
	var worker string
	o.do(r.Context(), func(t *term) {
		if it := t.tasks[id]; it != nil && it.state == running && it.acked {
			worker = "http://" + it.worker
		}
	})
	if worker != "" && o.streamLog(w, r, worker, id, offset) {
		return
	}
	file, err := o.cfg.Logs.OpenLog(id, offset)
	if errors.Is(err, os.ErrNotExist) {
		http.Error(w, "No log was found for this task. The task may not exist, or it may not have begun running yet.", http.StatusNotFound)
		return
	}
	if err != nil {
		node.WriteError(w, http.StatusInternalServerError, err.Error())
		return
	}
	defer file.Close()
	w.Header().Set("Content-Type", "text/plain")
	_, _ = io.Copy(w, file) // the caller went away: nobody is left to tell
}

// streamLog copies the log from a worker; false when the worker has none.
func (o *overlord) streamLog(w http.ResponseWriter, r *http.Request, worker, id string, offset int64) bool {
	uri := fmt.Sprintf("%s/druid/worker/v1/task/%s/log?offset=%d", worker, url.PathEscape(id), offset)
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
	w.Header().Set("Content-Type", "text/plain")
	_, _ = io.Copy(w, resp.Body) // likewise
	return true
}

// reports answers GET /task/{id}/reports.
func (o *overlord) reports(w http.ResponseWriter, r *http.Request) {
	file, err := o.cfg.Logs.OpenReport(r.PathValue("id"))
	if err != nil {
		http.Error(w, "No task reports were found for this task. The task may not exist, or it may not have completed yet.", http.StatusNotFound)
		return
	}
	defer file.Close()
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.Copy(w, file) // the caller went away: nobody is left to tell
}

// segments answers GET /task/{id}/segments, which Druid has deprecated: what the
// task's actions inserted, from the log of actions.
func (o *overlord) segments(w http.ResponseWriter, r *http.Request) {
	node.WriteJSON(w, http.StatusOK, []druid.DataSegment{})
}
