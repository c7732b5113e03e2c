package ingest

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"

	"oakmoot/internal/segment"
)

// dimension is one dimension's values in an index. Rows added before the
// dimension was first seen hold null.
type dimension interface {
	name() string
	// key appends what tells the row's value from others; nothing for null.
	key(b []byte, r Row) ([]byte, error)
	// add stores the value whose key was built last as that of row i.
	add(i int)
	// prepare is called before less, with the number of rows.
	prepare(rows int)
	compare(i, j int) int
	column(order []int) segment.Column
}

func (d dimensionSchema) dimension() dimension {
	switch d.Type {
	case "long":
		return &numberDimension[int64]{of: d.Name, from: toLong, bits: func(v int64) uint64 { return uint64(v) },
			wrap: func(v []int64) segment.Column { return segment.LongColumn(v) }}
	case "double":
		return &numberDimension[float64]{of: d.Name, from: toDouble, bits: math.Float64bits,
			wrap: func(v []float64) segment.Column { return segment.DoubleColumn(v) }}
	case "float":
		return &numberDimension[float32]{of: d.Name, from: func(v any) float32 { return float32(toDouble(v)) },
			bits: func(v float32) uint64 { return uint64(math.Float32bits(v)) },
			wrap: func(v []float32) segment.Column { return segment.FloatColumn(v) }}
	}
	return &stringDimension{of: d.Name, handling: d.MultiValueHandling, ids: map[string]uint32{}}
}

// numberDimension is a dimension of type long, float or double; null is zero.
type numberDimension[T cmp.Ordered] struct {
	of     string
	from   func(any) T
	bits   func(T) uint64
	wrap   func([]T) segment.Column
	values []T
	last   T
}

func (d *numberDimension[T]) name() string { return d.of }

func (d *numberDimension[T]) key(b []byte, r Row) ([]byte, error) {
	v, err := r.number(d.of)
	d.last = d.from(v)
	var zero T
	if d.last == zero {
		return b, err
	}
	return binary.BigEndian.AppendUint64(b, d.bits(d.last)), err
}

func (d *numberDimension[T]) add(i int) {
	d.prepare(i)
	d.values = append(d.values, d.last)
}

func (d *numberDimension[T]) prepare(rows int) {
	d.values = append(d.values, make([]T, max(rows-len(d.values), 0))...)
}

func (d *numberDimension[T]) compare(i, j int) int { return cmp.Compare(d.values[i], d.values[j]) }

func (d *numberDimension[T]) column(order []int) segment.Column {
	return d.wrap(picked(d.values, order))
}

// stringDimension keeps the values of each row as numbers of entries in a list
// of distinct values, which grows; no entry is null.
type stringDimension struct {
	of       string
	handling string // multiValueHandling: SORTED_ARRAY when empty
	ids      map[string]uint32
	values   []string
	rows     [][]uint32
	ranks    []uint32 // by id: the place in sorted order
	last     []uint32
}

func (d *stringDimension) name() string { return d.of }

func (d *stringDimension) key(b []byte, r Row) ([]byte, error) {
	d.last = d.encode(r.strings(d.of))
	for _, id := range d.last {
		b = binary.BigEndian.AppendUint32(b, id)
	}
	return b, nil
}

// encode is the ids of a row's values, or nil for null.
func (d *stringDimension) encode(values []string) []uint32 {
	if len(values) == 0 || len(values) == 1 && values[0] == "" {
		return nil
	}
	if len(values) > 1 && d.handling != "ARRAY" {
		values = slices.Clone(values)
		slices.SortFunc(values, segment.CompareStrings)
		if d.handling == "SORTED_SET" {
			values = slices.Compact(values)
		}
	}
	ids := make([]uint32, len(values))
	for i, v := range values {
		id, ok := d.ids[v]
		if !ok {
			id = uint32(len(d.values))
			d.ids[v] = id
			d.values = append(d.values, v)
		}
		ids[i] = id
	}
	return ids
}

func (d *stringDimension) add(i int) {
	d.prepareRows(i)
	d.rows = append(d.rows, d.last)
}

func (d *stringDimension) prepareRows(rows int) {
	d.rows = append(d.rows, make([][]uint32, max(rows-len(d.rows), 0))...)
}

func (d *stringDimension) prepare(rows int) {
	d.prepareRows(rows)
	sorted := make([]uint32, len(d.values))
	for i := range sorted {
		sorted[i] = uint32(i)
	}
	slices.SortFunc(sorted, func(a, b uint32) int { return segment.CompareStrings(d.values[a], d.values[b]) })
	d.ranks = make([]uint32, len(d.values))
	for rank, id := range sorted {
		d.ranks[id] = uint32(rank)
	}
}

// compare orders by the number of values and then by the values, as
// StringDimensionIndexer does; null is first.
func (d *stringDimension) compare(i, j int) int {
	a, b := d.rows[i], d.rows[j]
	if c := cmp.Compare(len(a), len(b)); c != 0 {
		return c
	}
	for k := range a {
		if c := cmp.Compare(d.ranks[a[k]], d.ranks[b[k]]); c != 0 {
			return c
		}
	}
	return 0
}

func (d *stringDimension) column(order []int) segment.Column {
	rows := make([][]string, len(order))
	null := []string{""}
	for i, at := range order {
		rows[i] = null
		if ids := d.rows[at]; len(ids) > 0 {
			rows[i] = make([]string, len(ids))
			for k, id := range ids {
				rows[i][k] = d.values[id]
			}
		}
	}
	return segment.NewMultiStringColumn(rows)
}
