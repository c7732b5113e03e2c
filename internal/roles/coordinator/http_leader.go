package coordinator

import (
	"io"
	"net/http"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/node"
)

// serveLeader answers with the leader's URI as bare text, empty when nobody leads.
func (c *coordinator) serveLeader(w http.ResponseWriter, r *http.Request) {
	uri, err := c.leader(r.Context())
	if err != nil {
		node.WriteError(w, http.StatusInternalServerError, err.Error())
		return
	}
	w.Header().Set("Content-Type", "application/json") // though it is not JSON, as in Druid
	_, _ = io.WriteString(w, uri)                      // the caller has gone away
}

func (c *coordinator) serveIsLeader(w http.ResponseWriter, _ *http.Request) {
	code := http.StatusOK
	if !c.isLeader() {
		code = http.StatusNotFound
	}
	node.WriteJSON(w, code, map[string]bool{"leader": c.isLeader()})
}

// recent reads the interval of a history; "" means the last week, or druid.audit.manager.auditHistoryMillis.
func (c *coordinator) recent(text string) (druid.Interval, error) {
	if text != "" {
		return druid.ParseInterval(text)
	}
	now := c.Clock.Now()
	return druid.Interval{Start: druid.At(now.Add(-c.auditHistory)), End: druid.At(now)}, nil
}
