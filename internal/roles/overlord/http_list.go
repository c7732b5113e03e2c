package overlord

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/metadata"
	"oakmoot/internal/run/node"
)

// storedPlus is a task as the store has it; the runner's state is the caller's.
func storedPlus(info metadata.TaskInfo, state runState) druid.TaskStatusPlus {
	return druid.TaskStatusPlus{
		ID: info.Task.ID, Type: info.Task.Type, CreatedTime: info.Created, StatusCode: info.Status.Status, RunnerStatusCode: string(state),
		Duration: &info.Status.Duration, Location: druid.UnknownLocation(), DataSource: info.Task.DataSource, ErrorMsg: info.Status.ErrorMsg,
	}
}

// taskLists answers with lists of tasks: that part of OverlordResource.
type taskLists struct {
	cfg    Config
	master *taskMaster
}

// inState answers the lists of active tasks in one state.
func (l taskLists) inState(state runState) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		all := []druid.TaskStatusPlus{}
		kind := ""
		if state == running {
			kind = r.URL.Query().Get("type") // the others do not look at it
		}
		if l.master.leading(w, r, func(t *term) { all = append(all, t.queue.listing(state, "", kind)...) }) {
			node.WriteJSON(w, http.StatusOK, all)
		}
	}
}

// complete answers GET /completeTasks.
func (l taskLists) complete(w http.ResponseWriter, r *http.Request) {
	if all, ok := l.finished(w, r, "n", "", ""); ok {
		node.WriteJSON(w, http.StatusOK, all)
	}
}

// finished lists the tasks of a datasource that have ended, newest first: at most as many
// as the parameter named by most allows, and of those the ones of a type. false when the
// request was answered already.
//
// Of createdTimeInterval only the length counts, up to now, as in Druid.
func (l taskLists) finished(w http.ResponseWriter, r *http.Request, most, dataSource, kind string) ([]druid.TaskStatusPlus, bool) {
	n, given, ok := intParam(w, r, most)
	if !ok {
		return nil, false
	}
	back := recentlyFinished(l.cfg.Props)
	if text := r.URL.Query().Get("createdTimeInterval"); text != "" {
		interval, err := druid.ParseInterval(strings.ReplaceAll(text, "_", "/"))
		if err != nil {
			node.WriteError(w, http.StatusInternalServerError, err.Error())
			return nil, false
		}
		back = time.Duration(interval.End-interval.Start) * time.Millisecond
	}
	infos, err := l.cfg.Store.RecentlyFinished(r.Context(), druid.At(l.cfg.Clock.Now().Add(-back)), 0)
	if err != nil {
		node.WriteError(w, http.StatusInternalServerError, err.Error())
		return nil, false
	}
	infos = slices.DeleteFunc(infos, func(i metadata.TaskInfo) bool { return dataSource != "" && i.Task.DataSource != dataSource })
	if given {
		infos = infos[:max(0, min(int(n), len(infos)))]
	}
	all := []druid.TaskStatusPlus{}
	for _, info := range infos {
		if kind == "" || info.Task.Type == kind {
			all = append(all, storedPlus(info, "NONE"))
		}
	}
	return all, true
}

// tasks answers GET /tasks: complete, waiting, pending and running ones, in this order.
func (l taskLists) tasks(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	state, ds, kind := q.Get("state"), q.Get("datasource"), q.Get("type")
	wanted := strings.ToLower(state)
	if node.Present(r, "state") && !slices.Contains([]string{"pending", "waiting", "running", "complete"}, wanted) {
		bare(w, http.StatusBadRequest, "Invalid state : "+state+", valid values are: [pending, waiting, running, complete]")
		return
	}
	all := []druid.TaskStatusPlus{}
	if wanted == "" || wanted == "complete" {
		finished, ok := l.finished(w, r, "max", ds, kind)
		if !ok {
			return
		}
		all = append(all, finished...)
	}
	led := wanted == "complete" || l.master.leading(w, r, func(t *term) {
		for _, s := range []runState{waiting, pending, running} {
			if wanted == "" || strings.EqualFold(wanted, string(s)) {
				all = append(all, t.queue.listing(s, ds, kind)...)
			}
		}
	})
	if led {
		node.WriteJSON(w, http.StatusOK, all)
	}
}
