package historical

import (
	"net/http"

	"oakmoot/internal/rows/dataserver"
	"oakmoot/internal/run/node"
)

// routes is a historical's HTTP API: HistoricalResource and QueryResource.
func (h *handler) routes() http.Handler {
	mux := http.NewServeMux()
	dataserver.NewResource(h.served.Answer, h.cfg.Clock, h.cfg.Log).Register(mux)
	mux.HandleFunc("GET /druid/historical/v1/loadstatus", func(w http.ResponseWriter, _ *http.Request) {
		node.WriteJSON(w, http.StatusOK, map[string]bool{"cacheInitialized": h.following.Load()})
	})
	mux.HandleFunc("GET /druid/historical/v1/readiness", func(w http.ResponseWriter, _ *http.Request) {
		if !h.following.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	return mux
}
