package query

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"oakmoot/internal/segment"
)

// topNMetric is the order of a topN: TopNMetricSpec. By a number, the highest
// come first; by the dimension itself, the lowest.
type topNMetric struct {
	field        string                // an aggregator or post-aggregator, of any name
	compare      func(a, b string) int // nil unless the order is by the dimension
	inverted     bool
	previousStop *string
}

// topNEntry is a value of the dimension with what it is ordered by.
type topNEntry struct {
	value string
	by    float64
	json  json.RawMessage
}

func parseTopNMetric(q *Query) (topNMetric, error) {
	raw := q.raw["metric"]
	if isNull(raw) {
		return topNMetric{}, refused(q.class(), "must specify a metric")
	}
	return parseMetricSpec(raw)
}

func parseMetricSpec(raw json.RawMessage) (topNMetric, error) {
	if isNull(raw) {
		return topNMetric{}, refused("topn.TopNQuery", "metric can't be null")
	}
	var name string
	if json.Unmarshal(raw, &name) == nil {
		return topNMetric{field: name}, nil
	}
	var spec struct {
		Type         string
		Ordering     ordering
		Metric       json.RawMessage
		PreviousStop *string
	}
	if err := json.Unmarshal(raw, &spec); err != nil {
		return topNMetric{}, fmt.Errorf("metric: %w", err)
	}
	m := topNMetric{previousStop: spec.PreviousStop, compare: segment.CompareStrings}
	switch spec.Type {
	case "numeric", "LegacyTopNMetricSpec": // the latter is how Druid's broker passes a name on
		if bytes.HasPrefix(spec.Metric, []byte("{")) {
			return m, bad("metric %s: a name is wanted", raw)
		}
		return parseMetricSpec(spec.Metric)
	case "inverted":
		m, err := parseMetricSpec(spec.Metric)
		m.inverted = !m.inverted
		return m, err
	case "lexicographic":
		return m, nil
	case "dimension":
		if spec.Ordering == "numeric" {
			m.compare = compareNumeric
		}
		if spec.Ordering == "" || spec.Ordering == "lexicographic" || spec.Ordering == "numeric" {
			return m, nil
		}
	}
	return m, bad("metric %s is not supported", raw)
}

// highest sorts entries and keeps the first n.
func (m topNMetric) highest(all []topNEntry, n int) []topNEntry {
	order := func(a, b topNEntry) int { return cmp.Compare(b.by, a.by) }
	if m.compare != nil {
		order = func(a, b topNEntry) int { return m.compare(a.value, b.value) }
	}
	sign := 1
	if m.inverted {
		sign = -1
	}
	slices.SortFunc(all, func(a, b topNEntry) int {
		return cmp.Or(sign*order(a, b), segment.CompareStrings(a.value, b.value))
	})
	if m.previousStop != nil {
		all = slices.DeleteFunc(all, func(e topNEntry) bool { return sign*m.compare(e.value, *m.previousStop) <= 0 })
	}
	return all[:min(n, len(all))]
}
