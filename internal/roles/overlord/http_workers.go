package overlord

import (
	"net"
	"net/http"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/druid/gate"
	"oakmoot/internal/run/metadata"
	"oakmoot/internal/run/node"
)

// workerResource answers for the workers and how they are chosen: that part of
// OverlordResource.
type workerResource struct {
	cfg    Config
	master *taskMaster
}

// routes are what it answers.
func (wr workerResource) routes() map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{
		"GET " + api + "/workers":        wr.list,
		"GET " + api + "/scaling":        func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) },
		"GET " + api + "/worker":         wr.config,
		"POST " + api + "/worker":        node.Takes(node.JSONObject, wr.setConfig),
		"GET " + api + "/worker/history": wr.history,
	}
}

// list answers GET /workers with those whose statuses have been read.
func (wr workerResource) list(w http.ResponseWriter, r *http.Request) {
	var shown []workerShown
	if wr.master.leading(w, r, func(t *term) { shown = t.runner.roster.shown() }) {
		node.WriteJSON(w, http.StatusOK, shown)
	}
}

// config answers GET /worker; nothing at all when nothing is configured.
func (wr workerResource) config(w http.ResponseWriter, r *http.Request) {
	stored, found, err := wr.cfg.Store.Config(r.Context(), workerConfigKey)
	if err != nil {
		node.WriteError(w, http.StatusInternalServerError, err.Error())
		return
	}
	config, err := parseWorkerConfig(stored)
	if !found || err != nil {
		w.WriteHeader(http.StatusOK)
		return
	}
	node.WriteJSON(w, http.StatusOK, config)
}

// setConfig answers POST /worker.
func (wr workerResource) setConfig(w http.ResponseWriter, r *http.Request) {
	body, err := readAs(w, r, gate.WorkerBehaviorConfig)
	var config workerConfig
	if err == nil {
		config, err = parseWorkerConfig(body)
	}
	if err != nil {
		node.WriteUnsaid(w, wr.cfg.Log, "worker configuration", err)
		return
	}
	payload, err := druid.Marshal(config)
	if err == nil {
		err = wr.cfg.Store.SetConfig(r.Context(), workerConfigKey, payload, auditInfo(r))
	}
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		wr.cfg.Log.Warn("worker configuration not stored", "error", err)
		return
	}
	if wr.master.leading(w, r, func(t *term) { t.use(payload) }) {
		w.WriteHeader(http.StatusOK)
	}
}

// auditInfo is who changes something, and why, according to Druid's headers.
func auditInfo(r *http.Request) metadata.AuditInfo {
	ip, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		ip = r.RemoteAddr
	}
	return metadata.AuditInfo{Author: r.Header.Get("X-Druid-Author"), Comment: r.Header.Get("X-Druid-Comment"), IP: ip}
}

// history answers GET /worker/history: the entries of an interval, the newest
// count ones, or those of the last week.
func (wr workerResource) history(w http.ResponseWriter, r *http.Request) {
	count, given, ok := intParam(w, r, "count")
	if !ok {
		return
	}
	now := wr.cfg.Clock.Now()
	week := wr.cfg.Props.Duration("druid.audit.manager.auditHistoryMillis", 7*24*time.Hour)
	interval := &druid.Interval{Start: druid.At(now.Add(-week)), End: druid.At(now)}
	switch text := r.URL.Query().Get("interval"); {
	case text != "":
		i, err := druid.ParseInterval(text)
		if err != nil {
			node.WriteError(w, http.StatusInternalServerError, err.Error())
			return
		}
		interval = &i
	case given && count <= 0:
		node.WriteError(w, http.StatusBadRequest, "Limit must be greater than zero!")
		return
	case given:
		interval = nil
	}
	entries, err := wr.cfg.Store.History(r.Context(), workerConfigKey, workerConfigKey, interval, int(count))
	if err != nil {
		node.WriteError(w, http.StatusInternalServerError, err.Error())
		return
	}
	node.WriteJSON(w, http.StatusOK, append([]druid.AuditEntry{}, entries...))
}
