package ingest

import (
	"cmp"

	"oakmoot/internal/segment"
)

// metric is one aggregator's values, a value for every row of an index.
type metric interface {
	// add gives row i a value; i is at most one beyond the last row. at is the
	// time of the event in milliseconds.
	add(i int, v any, at int64)
	column(order []int) segment.Column
}

func (a Aggregator) metric() metric {
	of, op, _ := a.split()
	switch of {
	case segment.Double:
		return &numbers[float64]{op: op, from: toDouble, wrap: func(v []float64) segment.Column { return segment.DoubleColumn(v) }}
	case segment.Float:
		return &numbers[float32]{op: op, from: func(v any) float32 { return float32(toDouble(v)) },
			wrap: func(v []float32) segment.Column { return segment.FloatColumn(v) }}
	}
	return &numbers[int64]{op: op, from: toLong, wrap: func(v []int64) segment.Column { return segment.LongColumn(v) }}
}

type numbers[T cmp.Ordered] struct {
	op     string
	from   func(any) T
	wrap   func([]T) segment.Column
	values []T
	times  []int64 // of the event that gave the value; First and Last only
}

func (n *numbers[T]) add(i int, v any, at int64) {
	x := n.from(v)
	timed := n.op == "First" || n.op == "Last"
	if i == len(n.values) {
		n.values = append(n.values, x)
		if timed {
			n.times = append(n.times, at)
		}
		return
	}
	switch n.op {
	case "Sum":
		n.values[i] += x
	case "Min":
		n.values[i] = min(n.values[i], x)
	case "Max":
		n.values[i] = max(n.values[i], x)
	case "First":
		if at < n.times[i] {
			n.values[i], n.times[i] = x, at
		}
	case "Last":
		if at >= n.times[i] {
			n.values[i], n.times[i] = x, at
		}
	}
}

func (n *numbers[T]) column(order []int) segment.Column {
	return n.wrap(picked(n.values, order))
}

func picked[T any](values []T, order []int) []T {
	out := make([]T, len(order))
	for i, at := range order {
		out[i] = values[at]
	}
	return out
}
