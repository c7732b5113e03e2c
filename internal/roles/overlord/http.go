package overlord

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/node"
	"oakmoot/internal/zk/election"
)

const api = "/druid/indexer/v1"

// handler is everything that an overlord answers: OverlordResource of Druid behind
// its redirect filter.
func (o *overlord) handler() http.Handler {
	mux := http.NewServeMux()
	for pattern, h := range map[string]http.HandlerFunc{
		"GET " + api + "/leader":                             o.leader,
		"GET " + api + "/isLeader":                           o.amLeader,
		"POST " + api + "/task":                              node.Takes(node.JSONObject, o.submit),
		"GET " + api + "/task/{id}":                          o.ofTask(o.payload),
		"GET " + api + "/task/{id}/status":                   o.ofTask(o.status),
		"GET " + api + "/task/{id}/segments":                 o.ofTask(o.segments),
		"GET " + api + "/task/{id}/log":                      o.ofTask(o.log),
		"GET " + api + "/task/{id}/reports":                  o.ofTask(o.reports),
		"POST " + api + "/task/{id}/shutdown":                o.ofTask(o.shutdownTask),
		"POST " + api + "/datasources/{ds}/shutdownAllTasks": o.shutdownAll,
		"POST " + api + "/taskStatus":                        node.Takes(node.JSONObject, o.statuses),
		"POST " + api + "/action":                            node.Takes(node.JSONObject, o.action),
		"GET " + api + "/waitingTasks":                       o.inState(waiting),
		"GET " + api + "/pendingTasks":                       o.inState(pending),
		"GET " + api + "/runningTasks":                       o.inState(running),
		"GET " + api + "/completeTasks":                      o.complete,
		"GET " + api + "/tasks":                              o.tasks,
		"GET " + api + "/workers":                            o.listWorkers,
		"GET " + api + "/scaling":                            func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) },
		"GET " + api + "/worker":                             o.workerConfig,
		"POST " + api + "/worker":                            node.Takes(node.JSONObject, o.setWorkerConfig),
		"GET " + api + "/worker/history":                     o.workerHistory,
		"DELETE " + api + "/pendingSegments/{ds}":            o.killPending,
		"GET " + api + "/supervisor":                         o.noSupervisors,
		"POST " + api + "/supervisor":                        node.Takes(node.JSONObject, o.unknownSpec),
		"GET " + api + "/supervisor/history":                 o.noSupervisorHistory,
		"POST " + api + "/supervisor/{all}":                  o.allSupervisors,
		"GET " + api + "/supervisor/{id}":                    o.unknownSupervisor,
		"GET " + api + "/supervisor/{id}/status":             o.unknownSupervisor,
		"GET " + api + "/supervisor/{id}/stats":              o.unknownSupervisor,
		"GET " + api + "/supervisor/{id}/history":            o.noHistory,
		"POST " + api + "/supervisor/{id}/shutdown":          o.unknownSupervisor,
		"POST " + api + "/supervisor/{id}/suspend":           o.unknownSupervisor,
		"POST " + api + "/supervisor/{id}/resume":            o.unknownSupervisor,
		"POST " + api + "/supervisor/{id}/reset":             o.unknownSupervisor,
		"POST " + api + "/supervisor/{id}/terminate":         o.unknownSupervisor,
	} {
		mux.HandleFunc(pattern, h)
	}
	return node.RedirectToLeader(o.isLeader, o.redirectTo, api+"/leader", api+"/isLeader")(dotted(node.Resources(mux)))
}

// redirectTo is where a node that does not lead sends others. A node that was
// elected but is not initialised yet sends nobody to itself: it answers 503.
func (o *overlord) redirectTo(ctx context.Context) (string, error) {
	uri, err := o.elected(ctx)
	if uri == o.cfg.Self.URI() {
		return "", nil
	}
	return uri, err
}

// lookUp bounds how long a request waits for a ZooKeeper that is away.
const lookUp = 5 * time.Second

func (o *overlord) elected(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, lookUp)
	defer cancel()
	return election.Leader(ctx, o.zc, o.cfg.Paths.OverlordLatch())
}

func (o *overlord) leader(w http.ResponseWriter, r *http.Request) {
	uri, err := o.elected(r.Context())
	if err != nil {
		node.WriteError(w, http.StatusInternalServerError, err.Error())
		return
	}
	_, _ = io.WriteString(w, uri) // the caller went away: nobody is left to tell
}

func (o *overlord) amLeader(w http.ResponseWriter, _ *http.Request) {
	code := http.StatusNotFound
	if o.isLeader() {
		code = http.StatusOK
	}
	node.WriteJSON(w, code, map[string]bool{"leader": o.isLeader()})
}

// intParam is a query parameter that is a number or absent. Anything else is a 404,
// as Jersey makes of it.
func intParam(w http.ResponseWriter, r *http.Request, name string) (value int64, given, ok bool) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return 0, false, true
	}
	value, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		w.WriteHeader(http.StatusNotFound)
	}
	return value, true, err == nil
}

// plain answers with a text that is no JSON, as Druid does in places.
func plain(w http.ResponseWriter, code int, text string) { textAs(w, code, "text/plain", text) }

// bare is plain where Druid calls the text JSON all the same: @Produces.
func bare(w http.ResponseWriter, code int, text string) { textAs(w, code, "application/json", text) }

func textAs(w http.ResponseWriter, code int, contentType, text string) {
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(code)
	_, _ = io.WriteString(w, text) // the caller went away: nobody is left to tell
}

// killPending answers DELETE /pendingSegments/{ds}; without an interval it is about
// none.
func (o *overlord) killPending(w http.ResponseWriter, r *http.Request) {
	var interval druid.Interval
	var err error
	if node.Present(r, "interval") {
		interval, err = druid.ParseInterval(r.URL.Query().Get("interval"))
	}
	if err != nil {
		o.cfg.Log.Warn("pending segments not deleted", "error", err)
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	if !o.isLeader() {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	n, err := o.cfg.Store.DeletePending(r.Context(), r.PathValue("ds"), interval)
	if err != nil {
		node.WriteError(w, http.StatusInternalServerError, err.Error())
		return
	}
	node.WriteJSON(w, http.StatusOK, map[string]int{"numDeleted": n})
}
