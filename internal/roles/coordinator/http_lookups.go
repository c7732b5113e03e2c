package coordinator

import (
	"net/http"

	"oakmoot/internal/run/node"
)

// noLookups tells processes that start that there are no lookups to wait for: they read that from a 404, and retry
// for minutes after any other answer.
func noLookups(why string) resource {
	return func(_ *leadership, _ snapshot, w http.ResponseWriter, _ *http.Request) {
		node.WriteError(w, http.StatusNotFound, why)
	}
}

// noTiers answers for the tiers that have lookups, and for those discovered.
func noTiers(_ *leadership, _ snapshot, w http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Get("discover") == "true" {
		ok(w, []string{})
		return
	}
	w.WriteHeader(http.StatusNotFound)
}

func noLookup(_ *leadership, _ snapshot, w http.ResponseWriter, r *http.Request) {
	node.WriteError(w, http.StatusNotFound, "lookup ["+r.PathValue("lookup")+"] not found")
}

func nothingOfTier(_ *leadership, _ snapshot, w http.ResponseWriter, _ *http.Request) {
	ok(w, struct{}{})
}

func unknownNode(_ *leadership, _ snapshot, w http.ResponseWriter, r *http.Request) {
	node.WriteError(w, http.StatusNotFound, "Node ["+r.PathValue("node")+"] status is unknown.")
}
