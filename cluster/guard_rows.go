package cluster

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"oakmoot/internal/stage/invariant"
)

// rows counts the events of each data source of which it is known how many there are.
func (a *asker) rows(ctx context.Context) {
	brokers := ours(a.nodes, "broker")
	if len(brokers) == 0 {
		return
	}
	for _, ds := range a.topo.DataSourceNames() {
		if time.Since(a.counted[ds]) >= rowsEvery {
			a.countRows(ctx, brokers[0], ds)
		}
	}
}

// countRows counts the rows of one data source, if all that has to rest does.
func (a *asker) countRows(ctx context.Context, broker *node, ds string) {
	ingested, known := a.ingested(ds)
	var due, rests bool
	var state uint64
	a.guard.with(func(s *invariant.Set) {
		state = s.Brokers.State(ds)
		due = s.Rows.Due(ds, state, ingested) && s.Replicas.Whole(ds)
	})
	rests = a.states["rows "+ds] == state
	a.states["rows "+ds] = state
	if !due || !rests || !known || !a.alone(ctx, ds) {
		return
	}
	a.counted[ds] = time.Now()
	query, err := json.Marshal(map[string]any{
		"queryType": "timeseries", "dataSource": ds, "granularity": "all", "intervals": []string{"1000-01-01/3000-01-01"},
		"aggregations": []any{a.events(ds)},
	})
	var answer []struct{ Result struct{ Events int64 } }
	if err != nil || a.requests.from(ctx, broker.host(), http.MethodPost, "/druid/v2", query, &answer) != nil {
		return // it does not answer now; what that means others say
	}
	counted := int64(0)
	for _, one := range answer {
		counted += one.Result.Events
	}
	if after, _ := a.ingested(ds); after == ingested {
		a.guard.with(func(s *invariant.Set) { s.Rows.Counted(broker.name, ds, state, ingested, counted) })
	}
}

// events is the aggregator that counts the events of a data source; nil when its rows do
// not say how many events they are made of.
func (a *asker) events(ds string) any {
	field, whole := "", true
	for _, d := range a.topo.DataSources {
		if d.Name == ds {
			whole = d.Rollup != nil && !*d.Rollup
			field = countOf(d.Metrics)
		}
	}
	for _, s := range a.topo.Streams {
		if s.DataSource == ds {
			if whole = false; field == "" {
				field = countOf(s.Metrics)
			} else if field != countOf(s.Metrics) {
				return nil
			}
		}
	}
	switch {
	case field != "":
		return map[string]string{"type": "longSum", "name": "events", "fieldName": field}
	case whole:
		return map[string]string{"type": "count", "name": "events"}
	}
	return nil
}

// countOf is the name of the metric that counts events, or "".
func countOf(metrics []Metric) string {
	if i := slices.IndexFunc(metrics, func(m Metric) bool { return m.Type == "count" }); i >= 0 {
		return metrics[i].Name
	}
	return ""
}

// ingested is how many events of a data source were taken in, and whether that is known:
// not of rows that an earlier run has left, nor of a stream whose node has ended in
// between, as what it had not persisted is gone then.
func (a *asker) ingested(ds string) (events int64, known bool) {
	for _, entry := range a.intakes.list() {
		if entry.DataSource != ds {
			continue
		}
		i := slices.IndexFunc(a.nodes, func(n *node) bool { return n.name == entry.Source })
		switch {
		case i >= 0 && (a.nodes[i].started.Load() != 1 || !a.nodes[i].serves()):
			return 0, false
		case i < 0 && entry.State != intakeDone:
			return 0, false
		}
		events += entry.Taken()
	}
	return events, a.events(ds) != nil
}

// alone reports whether a data source holds the topology's rows and nothing else: no task
// but its own has written it, and every segment is used and loaded.
func (a *asker) alone(ctx context.Context, ds string) bool {
	all, err := a.store.All(ctx, ds)
	if err != nil || len(all) != a.wanted[ds] {
		return false
	}
	writers, err := a.store.TaskIDs(ctx, ds)
	if err != nil {
		return false
	}
	for _, entry := range a.intakes.list() {
		writers = slices.DeleteFunc(writers, func(id string) bool { return id == entry.Task })
	}
	return len(writers) == 0
}
