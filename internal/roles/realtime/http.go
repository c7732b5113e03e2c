package realtime

import (
	"net/http"

	"oakmoot/internal/rows/dataserver"
)

// routes is what a realtime node serves: QueryResource and ChatHandlerResource.
func (s *server) routes() http.Handler {
	mux := http.NewServeMux()
	dataserver.NewResource(s.served.Answer, s.cfg.Clock, s.cfg.Log).Register(mux)
	handlers := make(map[string]http.Handler)
	for _, c := range s.chiefs {
		if r, ok := c.source.(*receiver); ok {
			handlers[r.ServiceName] = r
		}
	}
	mux.HandleFunc("/druid/worker/v1/chat/{id}/{action}", func(w http.ResponseWriter, r *http.Request) {
		h, ok := handlers[r.PathValue("id")]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		h.ServeHTTP(w, r)
	})
	return mux
}
