package query

import (
	"strconv"
	"strings"

	"oakmoot/internal/rows/segment"
)

// rowSet is a set of a segment's rows in ascending order: all of them, or a filter's.
type rowSet interface {
	// each calls f for the rows from up to but not including to.
	each(from, to int, f func(row int))
}

type allRows struct{}

func (allRows) each(from, to int, f func(int)) {
	for row := from; row < to; row++ {
		f(row)
	}
}

// ends returns the first and the last of the rows from up to but not including to.
func ends(rows rowSet, from, to int) (first, last int, any bool) {
	if _, all := rows.(allRows); all {
		return from, to - 1, from < to
	}
	rows.each(from, to, func(row int) {
		if !any {
			first, any = row, true
		}
		last = row
	})
	return first, last, any
}

// number reads a column's rows as numbers of type T, a missing column as zero, and a
// string as the number that it spells.
func number[T int64 | float64 | float32](c segment.Column) func(row int) T {
	switch c := c.(type) {
	case segment.LongColumn:
		return func(row int) T { return T(c[row]) }
	case segment.DoubleColumn:
		return func(row int) T { return T(c[row]) }
	case segment.FloatColumn:
		return func(row int) T { return T(c[row]) }
	case *segment.StringColumn:
		return func(row int) T {
			ids := c.Row(row)
			if len(ids) != 1 {
				return 0
			}
			f, _ := strconv.ParseFloat(strings.TrimSpace(c.Value(ids[0])), 64) // anything but a number is zero
			return T(f)
		}
	}
	return func(int) T { return 0 }
}

// cell returns a row's value as scan shows it; null is nil.
func cell(c segment.Column, row int) any {
	switch c := c.(type) {
	case segment.LongColumn:
		return c[row]
	case segment.DoubleColumn:
		return c[row]
	case segment.FloatColumn:
		return c[row]
	case *segment.StringColumn:
		values := c.Strings(row)
		switch {
		case len(values) == 0 || len(values) == 1 && values[0] == "":
			return nil
		case len(values) == 1:
			return values[0]
		}
		return manyValues(values)
	}
	return nil
}

// manyValues is the list of values of a multi-value dimension. An empty string in it is
// null, as GenericIndexed.get reads every value of no bytes.
func manyValues(values []string) []any {
	list := make([]any, len(values))
	for i, v := range values {
		if v != "" {
			list[i] = v
		}
	}
	return list
}
