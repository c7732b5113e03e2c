package coordinator

import (
	"context"
	"net"
	"net/http"
	"strconv"
	"strings"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/metadata"
	"oakmoot/internal/run/node"
)

// bodyLimit bounds the body of a request.
const bodyLimit = 16 << 20

// root is where the coordinator's resources are.
const root = "/druid/coordinator/v1"

// resource answers a request on the leader, from what it last read from the store.
type resource func(l *leadership, s snapshot, w http.ResponseWriter, r *http.Request)

// resources are the leader's answers by method and path below root, one file per group.
var resources = []struct {
	pattern string
	answer  resource
}{
	{"GET /loadstatus", loadStatus},
	{"GET /loadqueue", loadQueue},
	{"GET /remainingSegmentSizeForCompaction", remainingForCompaction},

	{"GET /servers", servers},
	{"GET /servers/{name}", server},
	{"GET /servers/{name}/segments", serverSegments},
	{"GET /servers/{name}/segments/{id}", serverSegment},
	{"GET /tiers", tiers},
	{"GET /tiers/{tier}", tier},
	{"GET /intervals", intervals},
	{"GET /intervals/{interval}", intervalTotals},

	{"GET /datasources", dataSources},
	{"GET /datasources/{ds}", dataSource},
	{"GET /datasources/{ds}/intervals", dataSourceIntervals},
	{"GET /datasources/{ds}/intervals/{interval}", dataSourceInterval},
	{"GET /datasources/{ds}/intervals/{interval}/serverview", serverView},
	{"GET /datasources/{ds}/segments", dataSourceSegments},
	{"GET /datasources/{ds}/segments/{id}", dataSourceSegment},
	{"GET /datasources/{ds}/tiers", dataSourceTiers},
	{"GET /datasources/{ds}/handoffComplete", handoffComplete},
	{"POST /datasources/{ds}", useDataSource},
	{"POST /datasources/{ds}/segments/{id}", useSegment},
	{"DELETE /datasources/{ds}", retireDataSource},
	{"DELETE /datasources/{ds}/intervals/{interval}", killInterval},
	{"DELETE /datasources/{ds}/segments/{id}", retireSegment},

	{"GET /metadata/datasources", storedDataSources},
	{"GET /metadata/datasources/{ds}", storedDataSource},
	{"GET /metadata/segments", storedSegments},
	{"GET /metadata/datasources/{ds}/segments", storedSegmentsOf},
	{"POST /metadata/datasources/{ds}/segments", storedSegmentsIn},
	{"GET /metadata/datasources/{ds}/segments/{id}", storedSegment},

	{"GET /rules", rules},
	{"GET /rules/history", rulesHistory},
	{"GET /rules/{ds}", rulesOf},
	{"POST /rules/{ds}", setRules},
	{"GET /rules/{ds}/history", rulesHistory},

	{"GET /config", dynamicConfig},
	{"POST /config", setDynamicConfig},
	{"GET /config/history", dynamicConfigHistory},
	{"GET /config/compaction", compaction},
	{"POST /config/compaction", setCompaction},
	{"POST /config/compaction/taskslots", setCompactionSlots},
	{"GET /config/compaction/{ds}", compactionOf},
	{"DELETE /config/compaction/{ds}", deleteCompaction},

	{"GET /cluster", clusterNodes},
	{"GET /cluster/{type}", clusterNodesOf},

	{"GET /lookups/config", noTiers},
	{"GET /lookups/config/all", noTiers},
	{"GET /lookups/config/{tier}", noLookups("No lookups found")},
	{"GET /lookups/config/{tier}/{lookup}", noLookup},
	{"GET /lookups/status", noLookups("No lookups found")},
	{"GET /lookups/status/{tier}", noLookups("No lookups found")},
	{"GET /lookups/status/{tier}/{lookup}", noLookups("No lookups found")},
	{"GET /lookups/nodeStatus", noLookups("No lookups configured.")},
	{"GET /lookups/nodeStatus/{tier}", nothingOfTier},
	{"GET /lookups/nodeStatus/{tier}/{node}", unknownNode},
}

// entities are the bodies that Druid's coordinator resources take.
var entities = map[string]node.Entity{
	"POST /datasources/{ds}":                   node.JSONUnread,
	"POST /datasources/{ds}/segments/{id}":     node.JSONUnread,
	"POST /metadata/datasources/{ds}/segments": node.FreeObject,
	"POST /rules/{ds}":                         node.JSONObject,
	"POST /config":                             node.JSONObject,
	"POST /config/compaction":                  node.JSONObject,
	"POST /config/compaction/taskslots":        node.JSONUnread,
}

// routes are the paths of every coordinator; a follower redirects all of them except those that ask about leadership.
func (c *coordinator) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+root+"/leader", c.serveLeader)
	mux.HandleFunc("GET "+root+"/isLeader", c.serveIsLeader)
	mux.HandleFunc("/druid/indexer/", c.serveOverlord)
	for _, res := range resources {
		method, path, _ := strings.Cut(res.pattern, " ")
		mux.HandleFunc(method+" "+root+path, node.Takes(entities[res.pattern], c.led(res.answer)))
	}
	return node.RedirectToLeader(c.isLeader, c.leader, root+"/leader", root+"/isLeader")(node.Resources(mux))
}

// led answers with the current leadership, or 503 if it has just ended. Until that has read the used segments and the
// rules, requests wait: a handoff must not be told that no rule wants its segments.
func (c *coordinator) led(answer resource) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		l := c.leading.Load()
		var s snapshot
		if l == nil || !l.hasPolled(r.Context()) || l.loop.Do(r.Context(), func() { s = l.polls.last }) != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, bodyLimit)
		answer(l, s, w, r)
	}
}

// hasPolled waits for the first poll; false if the term, or who waits, has ended first.
func (l *leadership) hasPolled(ctx context.Context) bool {
	select {
	case <-l.polled:
		return true
	case <-l.work.Done():
	case <-ctx.Done():
	}
	return false
}

// change has the loop apply what a request has changed in the store, even if the requester has gone away.
func (l *leadership) change(r *http.Request, f func()) {
	_ = l.loop.Do(context.WithoutCancel(r.Context()), f) // if it fails, the next term reads the store
}

func ok(w http.ResponseWriter, v any) { node.WriteJSON(w, http.StatusOK, v) }

// double is a number written the way Java writes a double: 100.0.
type double float64

func (d double) MarshalJSON() ([]byte, error) { return []byte(druid.FormatDouble(float64(d), 64)), nil }

// pathInterval reads an interval whose slash is written as an underscore. It has answered a bad one itself, with one
// of Druid's pages.
func pathInterval(w http.ResponseWriter, r *http.Request) (druid.Interval, bool) {
	interval, err := druid.ParseInterval(strings.Replace(r.PathValue("interval"), "_", "/", 1))
	if err != nil {
		node.WriteError(w, http.StatusInternalServerError, err.Error())
	}
	return interval, err == nil
}

// author is who makes a change.
func author(r *http.Request) metadata.AuditInfo {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	return metadata.AuditInfo{Author: r.Header.Get("X-Druid-Author"), Comment: r.Header.Get("X-Druid-Comment"), IP: host}
}

// history answers with audit entries: those of an interval, else the newest count ones, else those of the last week.
// The answer to a bad interval differs from one caller to another.
func (l *leadership) history(w http.ResponseWriter, r *http.Request, typ, key string, badInterval int) {
	q := r.URL.Query()
	count, err := strconv.Atoi(q.Get("count"))
	if err != nil && q.Get("count") != "" {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	var interval *druid.Interval
	switch recent, err := l.recent(q.Get("interval")); {
	case err != nil:
		node.WriteError(w, badInterval, err.Error())
		return
	case q.Get("interval") != "" || q.Get("count") == "":
		interval, count = &recent, 0
	case count <= 0:
		node.WriteError(w, http.StatusBadRequest, "Limit must be greater than zero!")
		return
	}
	entries, err := l.Store.History(r.Context(), typ, key, interval, count)
	if err != nil {
		node.WriteError(w, http.StatusInternalServerError, err.Error())
		return
	}
	if entries == nil {
		entries = []druid.AuditEntry{}
	}
	ok(w, entries)
}
