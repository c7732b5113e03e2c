package ingest

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/segment"
)

// dimension holds one dimension's values in an index. Rows added before the dimension
// was first seen have null.
type dimension interface {
	name() string
	// key appends what distinguishes the row's value from others, and nothing for null.
	// With a *ParseError the value is null.
	key(b []byte, v any) ([]byte, error)
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
		return &numberDimension[int64]{of: d.Name, kind: d.Type, from: toLong, parse: druid.ExactLong, bits: func(v int64) uint64 { return uint64(v) },
			wrap: func(v []int64) segment.Column { return segment.LongColumn(v) }}
	case "double":
		return &numberDimension[float64]{of: d.Name, kind: d.Type, from: toDouble, bits: math.Float64bits,
			parse: func(s string) (float64, bool) { return druid.TryFloat(s, 64) },
			wrap:  func(v []float64) segment.Column { return segment.DoubleColumn(v) }}
	case "float":
		return &numberDimension[float32]{of: d.Name, kind: d.Type, from: toFloat,
			parse: func(s string) (float32, bool) {
				f, ok := druid.TryFloat(s, 32)
				return float32(f), ok
			},
			bits: func(v float32) uint64 { return uint64(math.Float32bits(v)) },
			wrap: func(v []float32) segment.Column { return segment.FloatColumn(v) }}
	}
	return &stringDimension{of: d.Name, handling: d.MultiValueHandling, ids: map[string]uint32{}}
}

// numberDimension is a dimension of type long, float or double; null is zero.
type numberDimension[T cmp.Ordered] struct {
	of     string
	kind   string // long, float or double
	from   func(any) T
	parse  func(string) (T, bool)
	bits   func(T) uint64
	wrap   func([]T) segment.Column
	values []T
	last   T
}

func (d *numberDimension[T]) name() string { return d.of }

func (d *numberDimension[T]) key(b []byte, v any) ([]byte, error) {
	var err error
	if d.last, err = d.convert(v); err != nil {
		return b, err
	}
	var zero T
	if d.last == zero {
		return b, nil
	}
	return binary.BigEndian.AppendUint64(b, d.bits(d.last)), nil
}

// convert is DimensionHandlerUtils.convertObjectToLong or one of its siblings.
func (d *numberDimension[T]) convert(v any) (n T, err error) {
	switch v := v.(type) {
	case nil:
		return n, nil
	case int64, float64:
		return d.from(v), nil
	case string:
		n, ok := d.parse(v)
		if !ok {
			return n, &ParseError{Reason: fmt.Sprintf("could not convert value [%s] to %s", v, d.kind)}
		}
		return n, nil
	case []any:
		return n, exception(unsupportedOperation, "Numeric columns do not support multivalue rows.")
	}
	return n, &ParseError{Reason: "Unknown type[" + javaClass(v) + "]"}
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

// stringDimension keeps the values of each row as indexes into a growing list of
// distinct values. No entry is null, and an empty one is an empty list.
type stringDimension struct {
	of       string
	handling string // multiValueHandling; SORTED_ARRAY when empty
	ids      map[string]uint32
	values   []string
	rows     [][]uint32
	multiple bool     // some row has had several values
	ranks    []uint32 // by id: its position in sorted order
	last     []uint32
}

func (d *stringDimension) name() string { return d.of }

func (d *stringDimension) key(b []byte, v any) ([]byte, error) {
	if list, ok := v.([]any); ok && len(list) == 0 {
		d.last = []uint32{}
		return append(b, 0), nil // a length that no ids have
	}
	d.last = d.encode(stringsOf(v))
	for _, id := range d.last {
		b = binary.BigEndian.AppendUint32(b, id)
	}
	return b, nil
}

// encode returns the ids of a row's values, or nil for null.
func (d *stringDimension) encode(values []string) []uint32 {
	d.multiple = d.multiple || len(values) > 1
	if len(values) > 1 && d.handling != "ARRAY" {
		values = slices.Clone(values)
		slices.SortFunc(values, segment.CompareStrings)
		if d.handling == "SORTED_SET" {
			values = slices.Compact(values)
		}
	}
	if len(values) == 0 || len(values) == 1 && values[0] == "" {
		return nil
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

// compare orders by the number of values and then by the values, like
// StringDimensionIndexer; null is one value, before all others.
func (d *stringDimension) compare(i, j int) int {
	a, b := d.rows[i], d.rows[j]
	if c := cmp.Compare(count(a), count(b)); c != 0 {
		return c
	}
	if a == nil || b == nil {
		return cmp.Compare(len(a), len(b))
	}
	for k := range a {
		if c := cmp.Compare(d.ranks[a[k]], d.ranks[b[k]]); c != 0 {
			return c
		}
	}
	return 0
}

func count(ids []uint32) int {
	if ids == nil {
		return 1
	}
	return len(ids)
}

// column makes an empty list a row without values if some row has several values, and
// null otherwise, where the column has no place for it.
func (d *stringDimension) column(order []int) segment.Column {
	rows := make([][]string, len(order))
	null := []string{""}
	for i, at := range order {
		rows[i] = null
		if ids := d.rows[at]; len(ids) > 0 || ids != nil && d.multiple {
			rows[i] = make([]string, len(ids))
			for k, id := range ids {
				rows[i][k] = d.values[id]
			}
		}
	}
	return segment.NewMultiStringColumn(rows)
}
