package overlord

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"

	"oakmoot/internal/druid"
	"oakmoot/internal/election"
	"oakmoot/internal/metadata"
	"oakmoot/internal/node"
)

const api = "/druid/indexer/v1"

// handler is everything that an overlord answers: OverlordResource of Druid behind
// its redirect filter.
func (o *overlord) handler() http.Handler {
	mux := http.NewServeMux()
	for pattern, h := range map[string]http.HandlerFunc{
		"GET " + api + "/leader":                             o.leader,
		"GET " + api + "/isLeader":                           o.amLeader,
		"POST " + api + "/task":                              o.submit,
		"GET " + api + "/task/{id}":                          o.payload,
		"GET " + api + "/task/{id}/status":                   o.status,
		"GET " + api + "/task/{id}/segments":                 o.segments,
		"GET " + api + "/task/{id}/log":                      o.log,
		"GET " + api + "/task/{id}/reports":                  o.reports,
		"POST " + api + "/task/{id}/shutdown":                o.shutdownTask,
		"POST " + api + "/datasources/{ds}/shutdownAllTasks": o.shutdownAll,
		"POST " + api + "/taskStatus":                        o.statuses,
		"POST " + api + "/action":                            o.action,
		"GET " + api + "/waitingTasks":                       o.inState(waiting),
		"GET " + api + "/pendingTasks":                       o.inState(pending),
		"GET " + api + "/runningTasks":                       o.inState(running),
		"GET " + api + "/completeTasks":                      o.complete,
		"GET " + api + "/tasks":                              o.tasks,
		"GET " + api + "/workers":                            o.listWorkers,
		"GET " + api + "/scaling":                            func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) },
		"GET " + api + "/worker":                             o.workerConfig,
		"POST " + api + "/worker":                            o.setWorkerConfig,
		"GET " + api + "/worker/history":                     o.workerHistory,
		"DELETE " + api + "/pendingSegments/{ds}":            o.killPending,
		"GET " + api + "/supervisor":                         o.noSupervisors,
		"GET " + api + "/supervisor/history":                 func(w http.ResponseWriter, _ *http.Request) { node.WriteJSON(w, http.StatusOK, map[string]any{}) },
		"GET " + api + "/supervisor/{id}":                    o.unknownSupervisor,
		"GET " + api + "/supervisor/{id}/{what}":             o.unknownSupervisor,
		"POST " + api + "/supervisor/{id}/{what}":            o.unknownSupervisor,
	} {
		mux.HandleFunc(pattern, h)
	}
	return node.RedirectToLeader(o.isLeader, o.redirectTo, api+"/leader", api+"/isLeader")(mux)
}

// redirectTo is where a node that does not lead sends others. A node that was
// elected but is not initialised yet sends nobody to itself: it answers 503.
func (o *overlord) redirectTo(ctx context.Context) (string, error) {
	uri, err := election.Leader(ctx, o.zc, o.cfg.Paths.OverlordLatch())
	if uri == o.cfg.Self.URI() {
		return "", nil
	}
	return uri, err
}

func (o *overlord) leader(w http.ResponseWriter, r *http.Request) {
	uri, err := election.Leader(r.Context(), o.zc, o.cfg.Paths.OverlordLatch())
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

// workerShown is a worker as the overlord answers it: ImmutableWorkerInfo.
type workerShown struct {
	Worker             druid.Worker     `json:"worker"`
	CurrCapacityUsed   int              `json:"currCapacityUsed"`
	AvailabilityGroups []string         `json:"availabilityGroups"`
	RunningTasks       []string         `json:"runningTasks"`
	LastCompleted      druid.Timestamp  `json:"lastCompletedTaskTime"`
	BlacklistedUntil   *druid.Timestamp `json:"blacklistedUntil"`
}

func (o *overlord) listWorkers(w http.ResponseWriter, r *http.Request) {
	shown := []workerShown{}
	led := o.leading(w, r, func(t *term) {
		for _, wk := range t.workers {
			shown = append(shown, wk.shown())
		}
	})
	if led {
		slices.SortFunc(shown, func(a, b workerShown) int { return cmp.Compare(a.Worker.Host, b.Worker.Host) })
		node.WriteJSON(w, http.StatusOK, shown)
	}
}

func (w *worker) shown() workerShown {
	s := workerShown{Worker: w.info, AvailabilityGroups: []string{}, RunningTasks: []string{}, LastCompleted: w.completed}
	for _, id := range slices.Sorted(maps.Keys(w.statuses)) {
		a := w.statuses[id]
		s.CurrCapacityUsed += a.Resource.RequiredCapacity
		s.AvailabilityGroups = append(s.AvailabilityGroups, a.Resource.AvailabilityGroup)
		s.RunningTasks = append(s.RunningTasks, id)
	}
	if !w.blacklisted.IsZero() {
		until := druid.At(w.blacklisted)
		s.BlacklistedUntil = &until
	}
	return s
}

func (o *overlord) workerConfig(w http.ResponseWriter, r *http.Request) {
	config, found, err := o.cfg.Store.Config(r.Context(), workerConfigKey)
	switch {
	case err != nil:
		node.WriteError(w, http.StatusInternalServerError, err.Error())
	case found:
		node.WriteJSON(w, http.StatusOK, json.RawMessage(config))
	default:
		w.WriteHeader(http.StatusOK)
	}
}

func (o *overlord) setWorkerConfig(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyLimit))
	var s strategy
	if err == nil {
		s, err = parseWorkerConfig(body)
	}
	if err != nil {
		node.WriteError(w, http.StatusBadRequest, err.Error())
		return
	}
	if err := o.cfg.Store.SetConfig(r.Context(), workerConfigKey, body, auditInfo(r)); err != nil {
		node.WriteError(w, http.StatusInternalServerError, err.Error())
		return
	}
	if o.leading(w, r, func(t *term) { t.strategy, t.dirty = s, true }) {
		w.WriteHeader(http.StatusOK)
	}
}

// auditInfo is who changes something, and why, by Druid's headers.
func auditInfo(r *http.Request) metadata.AuditInfo {
	ip, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		ip = r.RemoteAddr
	}
	return metadata.AuditInfo{Author: r.Header.Get("X-Druid-Author"), Comment: r.Header.Get("X-Druid-Comment"), IP: ip}
}

func (o *overlord) workerHistory(w http.ResponseWriter, r *http.Request) {
	var interval *druid.Interval
	if text := r.URL.Query().Get("interval"); text != "" {
		i, err := druid.ParseInterval(text)
		if err != nil {
			node.WriteError(w, http.StatusBadRequest, err.Error())
			return
		}
		interval = &i
	}
	count, _ := strconv.Atoi(r.URL.Query().Get("count")) // absent is all
	entries, err := o.cfg.Store.History(r.Context(), workerConfigKey, workerConfigKey, interval, count)
	if err != nil {
		node.WriteError(w, http.StatusInternalServerError, err.Error())
		return
	}
	node.WriteJSON(w, http.StatusOK, append([]druid.AuditEntry{}, entries...))
}

func (o *overlord) killPending(w http.ResponseWriter, r *http.Request) {
	interval, err := druid.ParseInterval(r.URL.Query().Get("interval"))
	if err != nil {
		node.WriteError(w, http.StatusBadRequest, err.Error())
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

// Without an extension that brings some, there are no supervisors.
func (o *overlord) noSupervisors(w http.ResponseWriter, r *http.Request) {
	if o.leading(w, r, func(*term) {}) {
		node.WriteJSON(w, http.StatusOK, []string{})
	}
}

func (o *overlord) unknownSupervisor(w http.ResponseWriter, r *http.Request) {
	if o.leading(w, r, func(*term) {}) {
		node.WriteError(w, http.StatusNotFound, "["+r.PathValue("id")+"] does not exist")
	}
}
