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
	brokers := ours(a.nodes(), "broker")
	for _, ds := range a.counts() {
		why := "there is no broker to ask"
		if len(brokers) > 0 && time.Since(a.counted[ds]) < rowsEvery {
			continue
		}
		if len(brokers) > 0 {
			why = a.countRows(ctx, brokers[0], ds)
		}
		a.guard.with(func(s *invariant.Set) { s.Rows.Passed(ds, why) })
	}
}

// counts are the data sources whose rows are to be counted: those of the topology, and
// what else is there. Generated segments have none.
func (a *asker) counts() []string {
	all := a.topo.DataSourceNames()
	a.guard.with(func(s *invariant.Set) { all = append(all, s.Rows.Uncounted()...) })
	all = slices.DeleteFunc(all, func(name string) bool {
		return slices.ContainsFunc(a.topo.DataSources, func(ds DataSource) bool { return ds.Name == name && ds.Generates() })
	})
	slices.Sort(all)
	return slices.Compact(all)
}

// countRows counts the rows of one data source, if all that has to rest does. It says why
// not, when something stands in the way.
func (a *asker) countRows(ctx context.Context, broker *node, ds string) (why string) {
	ingested, why := a.ingested(ds)
	var due, whole bool
	var state uint64
	a.guard.with(func(s *invariant.Set) {
		state = s.Brokers.State(ds)
		due, whole = s.Rows.Due(ds, state, ingested), s.Replicas.Whole(ds)
	})
	rests := a.states["rows "+ds] == state
	a.states["rows "+ds] = state
	switch {
	case !due:
		return ""
	case why != "":
		return why
	case !whole:
		return "not all of its segments were served"
	case !rests:
		return "its announcements did not rest"
	}
	if why = a.others(ctx, ds); why != "" {
		return why
	}
	a.counted[ds] = time.Now()
	query, err := json.Marshal(map[string]any{
		"queryType": "timeseries", "dataSource": ds, "granularity": "all", "intervals": []string{"1000-01-01/3000-01-01"},
		"aggregations": []any{a.events(ds)},
	})
	var answer []struct{ Result struct{ Events int64 } }
	if err != nil || a.requests.from(ctx, broker.host(), http.MethodPost, "/druid/v2", query, &answer) != nil {
		return "the broker did not answer" // what that means others say
	}
	counted := int64(0)
	for _, one := range answer {
		counted += one.Result.Events
	}
	if after, _ := a.ingested(ds); after != ingested {
		return "rows came in while they were counted"
	}
	a.guard.with(func(s *invariant.Set) { s.Rows.Counted(broker.name, ds, state, ingested, counted) })
	return ""
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

// ingested is how many events of a data source were taken in, or why that is not known: not
// of rows that an earlier run has left or that nobody has counted, nor of a stream whose
// node has ended in between, as what it had not persisted is gone then.
func (a *asker) ingested(ds string) (events int64, why string) {
	all, entries := a.nodes(), 0
	for _, entry := range a.intakes.list() {
		if entry.DataSource != ds {
			continue
		}
		entries++
		i := slices.IndexFunc(all, func(n *node) bool { return n.name == entry.Source })
		switch {
		case i >= 0 && (all[i].started.Load() != 1 || !all[i].serves()):
			return 0, entry.Source + " has ended in between, and with it what it had not persisted"
		case i < 0 && entry.State == intakeKept:
			return 0, "its rows are kept from an earlier run"
		case i < 0 && entry.State != intakeDone:
			return 0, "its rows were not all in"
		}
		events += entry.Taken()
	}
	switch {
	case entries == 0:
		return 0, "nobody has counted its rows as they came in: it is neither a datasource nor a stream of the topology"
	case a.intakes.mixed(ds):
		return 0, "segments were published into it besides"
	case a.events(ds) == nil:
		return 0, "its rows do not say how many events they are made of"
	}
	return events, ""
}

// others says who else has a hand in a data source's rows; "" when it holds the topology's
// rows and nothing else: no task but its own has written it, and every segment is used and
// loaded.
func (a *asker) others(ctx context.Context, ds string) (why string) {
	all, err := a.store.All(ctx, ds)
	if err != nil {
		return "the metadata store did not answer"
	}
	if len(all) != a.looked.wanted[ds] {
		return "some of its segments are unused, overshadowed, or not to be loaded by the rules"
	}
	writers, err := a.store.TaskIDs(ctx, ds)
	if err != nil {
		return "the metadata store did not answer"
	}
	for _, entry := range a.intakes.list() {
		writers = slices.DeleteFunc(writers, func(id string) bool { return id == entry.Task })
	}
	if len(writers) > 0 {
		return "task " + writers[0] + " has written it besides"
	}
	return ""
}
