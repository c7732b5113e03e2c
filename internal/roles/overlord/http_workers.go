package overlord

import (
	"cmp"
	"io"
	"net"
	"net/http"
	"slices"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/druid/gate"
	"oakmoot/internal/run/metadata"
	"oakmoot/internal/run/node"
)

// listWorkers answers GET /workers with those whose statuses have been read.
func (o *overlord) listWorkers(w http.ResponseWriter, r *http.Request) {
	shown := []workerShown{}
	led := o.leading(w, r, func(t *term) {
		for _, wk := range t.workers {
			if wk.ready {
				shown = append(shown, wk.shown())
			}
		}
	})
	if led {
		slices.SortFunc(shown, func(a, b workerShown) int { return cmp.Compare(a.Worker.Host, b.Worker.Host) })
		node.WriteJSON(w, http.StatusOK, shown)
	}
}

// workerConfig answers GET /worker; nothing at all when nothing is configured.
func (o *overlord) workerConfig(w http.ResponseWriter, r *http.Request) {
	stored, found, err := o.cfg.Store.Config(r.Context(), workerConfigKey)
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

// setWorkerConfig answers POST /worker.
func (o *overlord) setWorkerConfig(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyLimit))
	if err == nil {
		err = gate.Check(body, gate.WorkerBehaviorConfig)
	}
	var config workerConfig
	if err == nil {
		config, err = parseWorkerConfig(body)
	}
	if err != nil {
		node.WriteUnsaid(w, o.cfg.Log, "worker configuration", err)
		return
	}
	payload, err := druid.Marshal(config)
	if err == nil {
		err = o.cfg.Store.SetConfig(r.Context(), workerConfigKey, payload, auditInfo(r))
	}
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		o.cfg.Log.Warn("worker configuration not stored", "error", err)
		return
	}
	if o.leading(w, r, func(t *term) { t.use(payload); t.dirty = true }) {
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

// workerHistory answers GET /worker/history: the entries of an interval, the newest
// count ones, or those of the last week.
func (o *overlord) workerHistory(w http.ResponseWriter, r *http.Request) {
	count, given, ok := intParam(w, r, "count")
	if !ok {
		return
	}
	now := time.Now()
	week := o.cfg.Props.Duration("druid.audit.manager.auditHistoryMillis", 7*24*time.Hour)
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
	entries, err := o.cfg.Store.History(r.Context(), workerConfigKey, workerConfigKey, interval, int(count))
	if err != nil {
		node.WriteError(w, http.StatusInternalServerError, err.Error())
		return
	}
	node.WriteJSON(w, http.StatusOK, append([]druid.AuditEntry{}, entries...))
}
