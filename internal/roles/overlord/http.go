package overlord

import (
	"io"
	"net/http"
	"strconv"

	"oakmoot/internal/druid/gate"
	"oakmoot/internal/druid/jackson"
	"oakmoot/internal/run/node"
)

const api = "/druid/indexer/v1"

// handler is everything that an overlord answers: OverlordResource and
// SupervisorResource of Druid behind their redirect filter.
func handler(cfg Config, master *taskMaster) http.Handler {
	mux := http.NewServeMux()
	for _, routes := range []map[string]http.HandlerFunc{
		leaderRoutes(master), taskRoutes(cfg, master), workerResource{cfg, master}.routes(), supervisorResource{master}.routes(),
	} {
		for pattern, h := range routes {
			mux.HandleFunc(pattern, h)
		}
	}
	return node.RedirectToLeader(master.isLeader, master.redirectTo, api+"/leader", api+"/isLeader")(dotted(node.Resources(mux)))
}

// leaderRoutes say who leads.
func leaderRoutes(master *taskMaster) map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{
		"GET " + api + "/leader": func(w http.ResponseWriter, r *http.Request) {
			uri, err := master.elected(r.Context())
			if err != nil {
				node.WriteError(w, http.StatusInternalServerError, err.Error())
				return
			}
			_, _ = io.WriteString(w, uri) // the caller went away: nobody is left to tell
		},
		"GET " + api + "/isLeader": func(w http.ResponseWriter, _ *http.Request) {
			leads, code := master.isLeader(), http.StatusNotFound
			if leads {
				code = http.StatusOK
			}
			node.WriteJSON(w, code, map[string]bool{"leader": leads})
		},
	}
}

// taskRoutes are about tasks: one, many, their logs, and what they ask for.
func taskRoutes(cfg Config, master *taskMaster) map[string]http.HandlerFunc {
	one, many, logs, actions := taskResource{cfg, master}, taskLists{cfg, master}, taskLogs{cfg, master}, actionResource{master}
	return map[string]http.HandlerFunc{
		"POST " + api + "/task":                              node.Takes(node.JSONObject, one.submit),
		"GET " + api + "/task/{id}":                          one.known(one.payload),
		"GET " + api + "/task/{id}/status":                   one.known(one.status),
		"GET " + api + "/task/{id}/segments":                 one.known(one.segments),
		"GET " + api + "/task/{id}/log":                      one.known(logs.log),
		"GET " + api + "/task/{id}/reports":                  one.known(logs.reports),
		"POST " + api + "/task/{id}/shutdown":                one.known(one.shutdown),
		"POST " + api + "/datasources/{ds}/shutdownAllTasks": one.shutdownAll,
		"POST " + api + "/taskStatus":                        node.Takes(node.JSONObject, one.statuses),
		"POST " + api + "/action":                            node.Takes(node.JSONObject, actions.action),
		"GET " + api + "/waitingTasks":                       many.inState(waiting),
		"GET " + api + "/pendingTasks":                       many.inState(pending),
		"GET " + api + "/runningTasks":                       many.inState(running),
		"GET " + api + "/completeTasks":                      many.complete,
		"GET " + api + "/tasks":                              many.tasks,
		"DELETE " + api + "/pendingSegments/{ds}":            one.killPending,
	}
}

// bodyLimit bounds the body of a request.
const bodyLimit = 64 << 20

// readAs reads the body of a request, which must be JSON for one of Druid's classes.
func readAs(w http.ResponseWriter, r *http.Request, class jackson.Type) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyLimit))
	if err == nil {
		err = gate.Check(body, class)
	}
	return body, err
}

// intParam is a query parameter that is a number or absent. Anything else is answered
// with a 404, as Jersey does.
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

// plain answers with a text that is not JSON, as Druid does in places.
func plain(w http.ResponseWriter, code int, text string) { textAs(w, code, "text/plain", text) }

// bare is plain where Druid calls the text JSON all the same: @Produces.
func bare(w http.ResponseWriter, code int, text string) { textAs(w, code, "application/json", text) }

func textAs(w http.ResponseWriter, code int, contentType, text string) {
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(code)
	_, _ = io.WriteString(w, text) // the caller went away: nobody is left to tell
}
