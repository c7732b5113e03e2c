package query

import (
	"encoding/json"
	"math"
	"slices"
	"strings"

	"oakmoot/internal/rows/expression"
)

// aggregator reduces many rows to one value: an int64, a float64, a float32, or a dated
// one of those.
type aggregator interface {
	name() string
	zero() any
	// show returns a value as JSON, for the user or, if not final, for another server.
	show(v any, final bool) json.RawMessage
	// over aggregates the rows from up to but not including to.
	over(s Queryable) func(rows rowSet, from, to int) any
	combine(a, b any) any
	read(json.RawMessage) (any, error)
}

// aggregatorFields are the keys of the aggregators of one column.
type aggregatorFields struct {
	Type, Name, FieldName string
	Expression            *expression.Expr // instead of a field
}

func parseAggregator(raw json.RawMessage) (aggregator, error) {
	n, err := readNode(raw)
	if err != nil {
		return nil, inside("aggregations", err)
	}
	return aggregatorOf(n)
}

func aggregatorOf(n node) (aggregator, error) {
	if n.null() {
		return nil, bad("aggregations: null is no aggregator")
	}
	kind, err := n.typeOf("aggregator", "aggregation.AggregatorFactory", knownAggregators)
	if err != nil {
		return nil, err
	}
	if kind == "filtered" {
		return filteredOf(n)
	}
	a := aggregatorFields{Type: kind}
	for key, to := range map[string]*string{"name": &a.Name, "fieldName": &a.FieldName} {
		text, err := n.of(key).string()
		if err != nil {
			return nil, inside("aggregations: "+key, err)
		}
		*to = orEmpty(text)
	}
	class := "aggregation." + strings.ToUpper(kind[:1]) + kind[1:] + "AggregatorFactory"
	if n.of("name").null() {
		return nil, refused(class, "Must have a valid, non-null aggregator name")
	}
	if kind == "count" {
		return count{a.Name}, nil
	}
	if n.of("fieldName").null() == n.of("expression").null() {
		return nil, refused(class, "Must have a valid, non-null fieldName or expression")
	}
	if a.Expression, err = expressionOf(n.of("expression")); err != nil {
		return nil, inside("aggregations: expression", err)
	}
	made, ok := parseFold(a)
	if !ok {
		return nil, bad("aggregator of type %s is not supported", kind)
	}
	return made, nil
}

func parseFold(a aggregatorFields) (aggregator, bool) {
	for _, op := range []string{"Sum", "Min", "Max", "First", "Last"} {
		of, found := strings.CutSuffix(a.Type, op)
		if !found {
			continue
		}
		if op == "First" || op == "Last" {
			return parseEnd(a, of, op == "Last")
		}
		switch of {
		case "long":
			return newFold(a, op, int64(math.MinInt64), int64(math.MaxInt64)), true
		case "double":
			return newFold(a, op, math.Inf(-1), math.Inf(1)), true
		case "float":
			return newFold(a, op, float32(math.Inf(-1)), float32(math.Inf(1))), true
		}
	}
	return nil, false
}

// count counts rows of the segments.
type count struct{ called string }

func (c count) name() string         { return c.called }
func (c count) zero() any            { return int64(0) }
func (c count) combine(a, b any) any { return a.(int64) + b.(int64) }

func (c count) show(v any, _ bool) json.RawMessage { return writeValue(v) }

func (c count) over(Queryable) func(rowSet, int, int) any {
	return func(rows rowSet, from, to int) any {
		if _, all := rows.(allRows); all {
			return int64(to - from)
		}
		n := int64(0)
		rows.each(from, to, func(int) { n++ })
		return n
	}
}

func (c count) read(raw json.RawMessage) (any, error) {
	var n int64
	err := json.Unmarshal(raw, &n)
	return n, err
}

type numeric interface{ int64 | float64 | float32 }

// fold is a sum, a minimum or a maximum.
type fold[T numeric] struct {
	called, field string
	of            *expression.Expr // instead of a field
	none          T                // the value for no rows
	join          func(a, b T) T
}

func newFold[T numeric](a aggregatorFields, op string, lowest, highest T) fold[T] {
	f := fold[T]{called: a.Name, field: a.FieldName, of: a.Expression}
	switch op {
	case "Sum":
		f.join = func(a, b T) T { return a + b }
	case "Min":
		f.none, f.join = highest, func(a, b T) T { return min(a, b) }
	case "Max":
		f.none, f.join = lowest, func(a, b T) T { return max(a, b) }
	}
	return f
}

func (f fold[T]) name() string         { return f.called }
func (f fold[T]) zero() any            { return f.none }
func (f fold[T]) combine(a, b any) any { return f.join(a.(T), b.(T)) }

func (f fold[T]) show(v any, _ bool) json.RawMessage { return writeValue(v) }

func (f fold[T]) over(s Queryable) func(rowSet, int, int) any {
	value := number[T](s.Column(f.field))
	if f.of != nil {
		value = computed(s, f.of, f.none)
	}
	return func(rows rowSet, from, to int) any {
		total := f.none
		rows.each(from, to, func(row int) { total = f.join(total, value(row)) })
		return total
	}
}

func (f fold[T]) read(raw json.RawMessage) (any, error) {
	var n int64
	if json.Unmarshal(raw, &n) == nil {
		return T(n), nil
	}
	v, err := readNumber(raw)
	return T(v), err
}

// filtered passes the rows that a filter selects to another aggregator.
type filtered struct {
	aggregator
	filter filter
}

func filteredOf(n node) (aggregator, error) {
	if n.of("aggregator").null() {
		return nil, refused("aggregation.FilteredAggregatorFactory", "aggregator")
	}
	inner, err := aggregatorOf(n.of("aggregator"))
	if err != nil {
		return nil, err
	}
	f, err := filterOf(n.of("filter"))
	if err != nil {
		return nil, err
	}
	if f == nil {
		return nil, refused("aggregation.FilteredAggregatorFactory", "Can't have a null filter")
	}
	return filtered{inner, f}, nil
}

func (f filtered) over(s Queryable) func(rowSet, int, int) any {
	inner := f.aggregator.over(s)
	mine := f.filter.rows(s)
	return func(rows rowSet, from, to int) any {
		chosen := bitmapRows{mine}
		if given, ok := rows.(bitmapRows); ok {
			both := mine.Clone()
			both.And(given.set)
			chosen.set = both
		}
		return inner(chosen, from, to)
	}
}

func parseAggregators(raw []json.RawMessage) ([]aggregator, error) {
	var out []aggregator
	for _, r := range raw {
		a, err := parseAggregator(r)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(out, func(o aggregator) bool { return o.name() == a.name() }) {
			return nil, refused("timeseries.TimeseriesQuery", "[%s] already defined", a.name())
		}
		out = append(out, a)
	}
	return out, nil
}
