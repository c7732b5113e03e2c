package ingest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/segment"
)

// Aggregator is a metric of a schema: an AggregatorFactory that the index task
// can use.
type Aggregator struct {
	Type      string // count, longSum, doubleMin, floatLast …
	Name      string
	FieldName string // the field it reads; empty for count
}

// aggregatorJSON has the keys in the order in which Java writes them.
type aggregatorJSON struct {
	Type       string  `json:"type"`
	Name       string  `json:"name"`
	FieldName  string  `json:"fieldName"`
	Expression *string `json:"expression"`
}

func newAggregators(factories []druid.AggregatorFactory) (all []Aggregator, err error) {
	for _, f := range factories {
		a, err := newAggregator(f)
		if err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	return all, nil
}

// newAggregator refuses the factories that the index task cannot use.
func newAggregator(f druid.AggregatorFactory) (Aggregator, error) {
	a := Aggregator{f.Type, f.Name, f.FieldName}
	if a.Name == "" {
		text, _ := druid.Marshal(f) // what has been read can be written
		return a, fmt.Errorf("aggregator %s: Must have a valid, non-null aggregator name", text)
	}
	if f.HasExpression() {
		return a, fmt.Errorf("aggregator %q: expressions are not supported", a.Name)
	}
	if a.Type == "count" {
		a.FieldName = ""
		return a, nil
	}
	if _, _, ok := a.split(); !ok {
		return a, fmt.Errorf("aggregator %q is of type %q, known are count and long, double, float with Sum, Min, Max, First, Last", a.Name, a.Type)
	}
	if a.FieldName == "" {
		return a, fmt.Errorf("aggregator %q: Must have a valid, non-null fieldName or expression", a.Name)
	}
	return a, nil
}

// MarshalJSON writes the aggregator as Java does.
func (a Aggregator) MarshalJSON() ([]byte, error) {
	switch {
	case a.Type == "count":
		return json.Marshal(struct {
			Type string `json:"type"`
			Name string `json:"name"`
		}{a.Type, a.Name})
	case strings.HasSuffix(a.Type, "First"), strings.HasSuffix(a.Type, "Last"):
		return json.Marshal(struct {
			Type      string `json:"type"`
			Name      string `json:"name"`
			FieldName string `json:"fieldName"`
		}{a.Type, a.Name, a.FieldName})
	}
	return json.Marshal(aggregatorJSON{a.Type, a.Name, a.FieldName, nil})
}

// combining returns the aggregator that combines results of this one:
// getCombiningFactory.
func (a Aggregator) combining() Aggregator {
	if a.Type == "count" {
		return Aggregator{"longSum", a.Name, a.Name}
	}
	return Aggregator{a.Type, a.Name, a.Name}
}

func (a Aggregator) fields() []string {
	if a.FieldName == "" {
		return nil
	}
	return []string{a.FieldName}
}

// split takes a type apart, for example longSum into LONG and Sum.
func (a Aggregator) split() (of segment.Type, op string, ok bool) {
	if a.Type == "count" {
		return segment.Long, "Sum", true
	}
	for prefix, of := range map[string]segment.Type{"long": segment.Long, "double": segment.Double, "float": segment.Float} {
		if op, found := strings.CutPrefix(a.Type, prefix); found {
			return of, op, slices.Contains([]string{"Sum", "Min", "Max", "First", "Last"}, op)
		}
	}
	return "", "", false
}
