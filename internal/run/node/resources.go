package node

import (
	"net/http"
	"strings"
)

// Resources answers as Jersey does where a mux has no route: an empty body, and no redirect from an unclean path.
func Resources(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if unclean(r.URL.Path) {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		h, pattern := mux.Handler(r)
		if pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		none := statusOnly{header: http.Header{}, code: http.StatusNotFound}
		h.ServeHTTP(&none, r)
		if allow := none.header.Get("Allow"); allow != "" {
			w.Header().Set("Allow", allow)
		}
		w.WriteHeader(none.code)
	})
}

// unclean reports whether a mux would redirect from a path.
func unclean(path string) bool {
	inner := strings.TrimSuffix(strings.TrimPrefix(path, "/"), "/")
	for _, part := range strings.Split(inner, "/") {
		if part == "." || part == ".." || part == "" && inner != "" {
			return true
		}
	}
	return false
}

// statusOnly passes on an answer's status and nothing else.
type statusOnly struct {
	header http.Header
	code   int
}

func (s *statusOnly) Header() http.Header         { return s.header }
func (s *statusOnly) WriteHeader(code int)        { s.code = code }
func (s *statusOnly) Write(b []byte) (int, error) { return len(b), nil }
