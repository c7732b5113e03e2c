package query

import (
	"encoding/json"
	"math"

	"oakmoot/internal/druid"
)

// dated is a value with the time of its row, in milliseconds: the SerializablePair that
// first and last aggregators merge.
type dated[T numeric] struct {
	time  int64
	value T
}

// end aggregates to the value of the first or last row in time.
type end[T numeric] struct {
	called, field string
	last          bool
}

func parseEnd(a aggregatorFields, of string, last bool) (aggregator, bool) {
	switch of {
	case "long":
		return end[int64]{a.Name, a.FieldName, last}, true
	case "double":
		return end[float64]{a.Name, a.FieldName, last}, true
	case "float":
		return end[float32]{a.Name, a.FieldName, last}, true
	}
	return nil, false
}

func (e end[T]) name() string { return e.called }

func (e end[T]) zero() any {
	if e.last {
		return dated[T]{time: math.MinInt64}
	}
	return dated[T]{time: math.MaxInt64}
}

func (e end[T]) over(s Queryable) func(rowSet, int, int) any {
	times, value := s.Times(), number[T](s.Column(e.field))
	return func(rows rowSet, from, to int) any {
		d := e.zero().(dated[T])
		rows.each(from, to, func(row int) {
			if e.last && times[row] >= d.time || !e.last && times[row] < d.time {
				d = dated[T]{times[row], value(row)}
			}
		})
		return d
	}
}

func (e end[T]) combine(a, b any) any {
	x, y := a.(dated[T]), b.(dated[T])
	if e.last && y.time >= x.time || !e.last && y.time < x.time {
		return y
	}
	return x
}

type datedJSON struct {
	Time  int64           `json:"lhs"`
	Value json.RawMessage `json:"rhs"`
}

func (e end[T]) show(v any, final bool) json.RawMessage {
	d := v.(dated[T])
	value := writeValue(d.value)
	if final {
		return value
	}
	b, err := druid.Marshal(datedJSON{d.time, value})
	if err != nil {
		return value // impossible: value is JSON
	}
	return b
}

func (e end[T]) read(raw json.RawMessage) (any, error) {
	var d datedJSON
	if err := json.Unmarshal(raw, &d); err != nil {
		return nil, err
	}
	v, err := fold[T]{}.read(d.Value)
	if err != nil {
		return nil, err
	}
	return dated[T]{d.Time, v.(T)}, nil
}

// plain returns the number in an aggregator's value.
func plain(v any) any {
	switch v := v.(type) {
	case dated[int64]:
		return v.value
	case dated[float64]:
		return v.value
	case dated[float32]:
		return v.value
	}
	return v
}
