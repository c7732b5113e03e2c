package coordinator

import (
	"net/http"

	"oakmoot/internal/node"
)

// noLookups tells processes that start up that there are no lookups to wait for;
// they take 404 for that, and retry for minutes after any other answer.
func noLookups(_ *leadership, _ snapshot, w http.ResponseWriter, _ *http.Request) {
	node.WriteError(w, http.StatusNotFound, "No lookups found")
}
