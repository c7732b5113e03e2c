package node

import (
	"context"
	"net/http"
	"slices"
	"strings"
)

// RedirectToLeader is Druid's RedirectFilter: on a node that is not leading, every path except the local ones,
// /status and /druid-internal is answered with a 307 to the leader, or with 503 if nobody leads.
func RedirectToLeader(isLeader func() bool, leader func(context.Context) (string, error), local ...string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			path := r.URL.Path
			if isLeader() || slices.Contains(local, path) || strings.HasPrefix(path+"/", "/status/") || strings.HasPrefix(path, "/druid-internal/") {
				next.ServeHTTP(w, r)
				return
			}
			uri, err := leader(r.Context())
			if err != nil || uri == "" {
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			w.Header().Set("Location", uri+r.URL.RequestURI())
			w.WriteHeader(http.StatusTemporaryRedirect)
		})
	}
}
