package ingest

import (
	"cmp"
	"math"

	"oakmoot/internal/rows/segment"
)

// metric holds one aggregator's values, one for every row of an index.
type metric interface {
	// grow appends the value of an aggregator that has seen nothing, if row i is one
	// past the last row.
	grow(i int)
	// add aggregates a value into row i. at is the event's time in milliseconds.
	add(i int, v any, at int64)
	column(order []int) segment.Column
}

func (a Aggregator) metric() metric {
	of, op, _ := a.split()
	switch of {
	case segment.Double:
		return &numbers[float64]{op: op, from: toDouble, least: math.Inf(-1), most: math.Inf(1),
			wrap: func(v []float64) segment.Column { return segment.DoubleColumn(v) }}
	case segment.Float:
		return &numbers[float32]{op: op, from: toFloat, least: float32(math.Inf(-1)), most: float32(math.Inf(1)),
			wrap: func(v []float32) segment.Column { return segment.FloatColumn(v) }}
	}
	return &numbers[int64]{op: op, from: toLong, least: math.MinInt64, most: math.MaxInt64,
		wrap: func(v []int64) segment.Column { return segment.LongColumn(v) }}
}

type numbers[T cmp.Ordered] struct {
	op          string
	from        func(any) T
	least, most T
	wrap        func([]T) segment.Column
	values      []T
	times       []int64 // of the event that the value is from; First and Last only
}

func (n *numbers[T]) grow(i int) {
	if i < len(n.values) {
		return
	}
	var first T
	switch n.op {
	case "Min":
		first = n.most
	case "Max":
		first = n.least
	case "First":
		n.times = append(n.times, math.MaxInt64)
	case "Last":
		n.times = append(n.times, math.MinInt64)
	}
	n.values = append(n.values, first)
}

func (n *numbers[T]) add(i int, v any, at int64) {
	x := n.from(v)
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
