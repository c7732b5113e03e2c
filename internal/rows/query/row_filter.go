package query

import (
	"encoding/json"
	"slices"

	"oakmoot/internal/rows/segment"
)

// Row is what a RowFilter reads: a row that is not in a segment yet.
type Row interface {
	Millis() int64
	Values(dimension string) []string // none for null
	Value(column string) any          // nil, string, int64, float64 or whatever came
}

// RowFilter is a filter over single rows: DimFilter with the matchers that
// RowBasedColumnSelectorFactory gives it. It sees all columns but the time as strings,
// even numbers.
type RowFilter struct{ root rowFilter }

// rowFilter is a filter that can be applied to a row.
type rowFilter interface {
	matches(Row) (bool, error)
	columns() []string
}

// ParseRowFilter reads a filter; nil is none.
func ParseRowFilter(raw json.RawMessage) (*RowFilter, error) {
	f, err := parseFilter(raw)
	if err != nil || f == nil {
		return nil, err
	}
	root, ok := f.(rowFilter)
	if !ok || !overRows(f) {
		return nil, bad("there is a filter that cannot be asked of single rows: %s", raw)
	}
	return &RowFilter{root}, nil
}

// overRows reports whether a filter and everything in it can be applied to rows.
func overRows(f filter) bool {
	switch f := f.(type) {
	case junction:
		return !slices.ContainsFunc(f.fields, func(inner filter) bool { return !overRows(inner) })
	case not:
		return overRows(f.inner)
	}
	_, ok := f.(rowFilter)
	return ok
}

// Matches reports whether the filter selects a row.
func (f *RowFilter) Matches(r Row) (bool, error) { return f.root.matches(r) }

// Columns returns the columns that the filter reads.
func (f *RowFilter) Columns() []string { return f.root.columns() }

func (everything) matches(Row) (bool, error) { return true, nil }
func (everything) columns() []string         { return nil }

func (f column) columns() []string { return []string{f.name} }

func (f column) matches(r Row) (bool, error) {
	if f.name == segment.TimeColumn {
		return f.match.long(r.Millis()), nil
	}
	values := r.Values(f.name)
	if len(values) == 0 {
		return f.match.text(""), nil
	}
	return slices.ContainsFunc(values, f.match.text), nil
}

func (j junction) columns() []string {
	var all []string
	for _, f := range j.fields {
		all = append(all, f.(rowFilter).columns()...)
	}
	return all
}

func (j junction) matches(r Row) (bool, error) {
	for _, f := range j.fields {
		if ok, err := f.(rowFilter).matches(r); err != nil || ok != j.all {
			return ok, err
		}
	}
	return j.all, nil
}

func (n not) columns() []string { return n.inner.(rowFilter).columns() }

func (n not) matches(r Row) (bool, error) {
	ok, err := n.inner.(rowFilter).matches(r)
	return !ok, err
}
