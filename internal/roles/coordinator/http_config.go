package coordinator

import (
	"encoding/json"
	"io"
	"net/http"

	"oakmoot/internal/druid"
	"oakmoot/internal/druid/gate"
	"oakmoot/internal/run/node"
)

func dynamicConfig(_ *leadership, s snapshot, w http.ResponseWriter, _ *http.Request) {
	ok(w, s.config)
}

// setDynamicConfig sets the fields of the body and keeps the others.
func setDynamicConfig(l *leadership, s snapshot, w http.ResponseWriter, r *http.Request) {
	config := s.config
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = gate.Check(body, gate.DynamicConfig)
	}
	if err == nil {
		err = config.Merge(body)
	}
	if err != nil {
		node.WriteUnsaid(w, l.Log, "dynamic configuration", err)
		return
	}
	if len(config.ProtectedPendingSegmentDatasources) > 0 {
		l.Log.Warn("killPendingSegmentsSkipList is not kept: Druid 0.14.0 writes it by a name that it does not read")
	}
	payload, err := druid.Marshal(config)
	if err == nil {
		err = json.Unmarshal(payload, &config)
	}
	if err == nil {
		err = l.Store.SetConfig(r.Context(), configKey, payload, author(r))
	}
	if err != nil {
		node.WriteError(w, http.StatusBadRequest, err.Error())
		return
	}
	l.change(r, func() { l.polls.last.config = config })
}

func dynamicConfigHistory(l *leadership, _ snapshot, w http.ResponseWriter, r *http.Request) {
	l.history(w, r, configKey, configKey, http.StatusInternalServerError)
}
