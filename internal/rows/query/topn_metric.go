package query

import (
	"cmp"
	"encoding/json"
)

// topNMetric is the order of a topN: TopNMetricSpec. By a number, the highest
// come first; by the dimension itself, the lowest.
type topNMetric struct {
	field        string                // an aggregator or post-aggregator, of any name
	compare      func(a, b string) int // nil unless the order is by the dimension
	ordering     ordering              // of compare
	inverted     bool
	previousStop *string
}

func parseTopNMetric(q *Query) (topNMetric, error) {
	raw := q.raw["metric"]
	if isNull(raw) {
		return topNMetric{}, refused(q.class(), "must specify a metric")
	}
	return parseMetricSpec(raw)
}

func parseMetricSpec(raw json.RawMessage) (topNMetric, error) {
	n, err := readNode(raw)
	if err != nil {
		return topNMetric{}, inside("metric", err)
	}
	return metricOf(n)
}

func metricOf(n node) (m topNMetric, err error) {
	if n.null() {
		return m, refused("topn.TopNQuery", "metric can't be null")
	}
	if n.members == nil {
		name, err := n.string()
		return topNMetric{field: orEmpty(name)}, inside("metric", err)
	}
	if n.of("type").null() && n.of("metric").members == nil { // LegacyTopNMetricSpec
		return metricOf(n.of("metric"))
	}
	kind, err := n.typeOf("metric", "topn.TopNMetricSpec", "TopNMetricSpec, alphaNumeric, dimension, inverted, lexicographic, numeric")
	if err != nil {
		return m, err
	}
	switch kind {
	case "numeric", "LegacyTopNMetricSpec": // Druid's broker passes a name on as the latter
		if n.of("metric").members != nil {
			return m, bad("metric %s: a name is wanted", n.raw)
		}
		return metricOf(n.of("metric"))
	case "inverted":
		m, err := metricOf(n.of("metric"))
		m.inverted = !m.inverted
		return m, err
	case "lexicographic":
		m.ordering = "lexicographic"
	case "alphaNumeric":
		m.ordering = "alphanumeric"
	case "dimension":
		if raw := n.of("ordering").raw; raw != nil {
			if err := m.ordering.UnmarshalJSON(raw); err != nil {
				return m, err
			}
		}
	}
	if m.previousStop, err = n.of("previousStop").string(); err != nil {
		return m, inside("metric", err)
	}
	m.compare = m.ordering.compare()
	return m, nil
}

// byValue compares values of the dimension in the order of the answer; null is first
// even in an inverted one: InvertedTopNMetricSpec.
func (m topNMetric) byValue(a, b string) int {
	if m.inverted && a != "" && b != "" {
		a, b = b, a
	}
	return m.compare(a, b)
}

// afterStop reports whether a value comes after the one that the last answer ended
// with. An empty one does not count as null here.
func (m topNMetric) afterStop(value string) bool {
	if m.previousStop == nil || value == "" {
		return m.previousStop == nil
	}
	c := m.compare(value, *m.previousStop)
	if *m.previousStop == "" && m.ordering == "version" {
		c = compareVersions(value, "")
	}
	return c > 0 != m.inverted && c != 0
}

// byMetric compares values of the metric so that those that come first are greater.
func (m topNMetric) byMetric(a, b float64) int {
	if m.inverted {
		a, b = b, a
	}
	return cmp.Compare(a, b)
}
