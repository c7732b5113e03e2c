package broker

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/query"
	"oakmoot/internal/run/node"
)

// routes is a broker's HTTP API: QueryResource, BrokerResource and ClientInfoResource.
func (b *broker) routes() http.Handler {
	mux := http.NewServeMux()
	b.queries.Register(mux)
	mux.HandleFunc("GET /druid/broker/v1/loadstatus", func(w http.ResponseWriter, _ *http.Request) {
		node.WriteJSON(w, http.StatusOK, map[string]bool{"inventoryInitialized": b.servers.complete.Load()})
	})
	mux.HandleFunc("GET /druid/v2/datasources", func(w http.ResponseWriter, r *http.Request) {
		b.respond(w, r, func(v *view) any { return slices.Concat([]string{}, v.dataSources()) })
	})
	mux.HandleFunc("GET /druid/v2/datasources/{ds}", b.serveColumns(func(dims, metrics []string) any {
		return columns{dims, metrics}
	}))
	mux.HandleFunc("GET /druid/v2/datasources/{ds}/dimensions", b.serveColumns(func(dims, _ []string) any { return dims }))
	mux.HandleFunc("GET /druid/v2/datasources/{ds}/metrics", b.serveColumns(func(_, metrics []string) any { return metrics }))
	mux.HandleFunc("GET /druid/v2/datasources/{ds}/candidates", b.serveCandidates)
	return node.Resources(mux)
}

type columns struct {
	Dimensions []string `json:"dimensions"`
	Metrics    []string `json:"metrics"`
}

// respond answers with what f finds in the view.
func (b *broker) respond(w http.ResponseWriter, r *http.Request, f func(*view) any) {
	var found any
	if err := b.servers.ask(r.Context(), func(v *view) { found = f(v) }); err != nil {
		node.WriteError(w, http.StatusInternalServerError, err.Error())
		return
	}
	node.WriteJSON(w, http.StatusOK, found)
}

// serveColumns answers with the columns of a datasource's segments in an
// interval, by default the last druid.query.segmentMetadata.defaultHistory.
func (b *broker) serveColumns(shape func(dims, metrics []string) any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		within, err := b.interval(r.FormValue("interval"))
		if err != nil {
			node.WriteError(w, http.StatusBadRequest, err.Error())
			return
		}
		b.respond(w, r, func(v *view) any {
			dims, metrics := []string{}, []string{}
			for _, s := range v.segmentsIn(r.PathValue("ds"), within) {
				dims = union(dims, s.Dimensions)
				metrics = union(metrics, s.Metrics)
			}
			return shape(dims, metrics)
		})
	}
}

func union(to, from []string) []string {
	for _, name := range from {
		if !slices.Contains(to, name) {
			to = append(to, name)
		}
	}
	return to
}

func (b *broker) interval(text string) (druid.Interval, error) {
	if text != "" {
		return druid.ParseInterval(strings.Replace(text, "_", "/", 1))
	}
	history := b.cfg.Props.Duration("druid.query.segmentMetadata.defaultHistory", 7*24*time.Hour)
	now := b.cfg.Clock.Now()
	return druid.Interval{Start: druid.At(now.Add(-history)), End: druid.At(now)}, nil
}

// candidate is LocatedSegmentDescriptor: a segment and the servers that could answer for it.
type candidate struct {
	Interval  string                 `json:"interval"`
	Version   string                 `json:"version"`
	Partition int                    `json:"partitionNumber"`
	Size      int64                  `json:"size"`
	Locations []druid.ServerMetadata `json:"locations"`
}

// serveCandidates answers where a query over some intervals would be sent.
func (b *broker) serveCandidates(w http.ResponseWriter, r *http.Request) {
	limit, err := strconv.Atoi(r.FormValue("numCandidates"))
	if err != nil {
		limit = -1
	}
	q := &query.Query{DataSources: []string{r.PathValue("ds")}}
	for text := range strings.SplitSeq(r.FormValue("intervals"), ",") {
		i, err := druid.ParseInterval(strings.Replace(text, "_", "/", 1))
		if err != nil {
			node.WriteError(w, http.StatusBadRequest, err.Error())
			return
		}
		q.Intervals = append(q.Intervals, i)
	}
	b.respond(w, r, func(v *view) any {
		all := []candidate{}
		for _, p := range v.pieces(q.DataSources, q) {
			locations := slices.SortedFunc(slices.Values(p.servers), func(a, b druid.ServerMetadata) int { return strings.Compare(a.Name, b.Name) })
			if limit > 0 && len(locations) > limit {
				locations = locations[:limit]
			}
			all = append(all, candidate{p.descriptor.Interval.String(), p.descriptor.Version, p.descriptor.Partition, v.selectors[p.id].segment.Size, locations})
		}
		return all
	})
}
