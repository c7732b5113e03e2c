package query

import (
	"github.com/RoaringBitmap/roaring/v2"

	"oakmoot/internal/expression"
	"oakmoot/internal/segment"
)

// expressionFilter chooses the rows for which an expression's value, as a whole
// number, is above zero: ExpressionFilter.
type expressionFilter struct{ of *expression.Expr }

func expressionFilterOf(n node) (filter, error) {
	text, err := n.of("expression").string()
	switch {
	case err != nil:
		return nil, inside("filter expression", err)
	case text == nil:
		return nil, refused("filter.ExpressionDimFilter", "expression")
	}
	e, err := expression.Parse(*text)
	if err != nil {
		return nil, bad("filter: %v", err)
	}
	return expressionFilter{e}, nil
}

func (f expressionFilter) columns() []string { return f.of.Inputs() }

func (f expressionFilter) matches(r Row) (bool, error) {
	v, err := f.of.Eval(func(name string) any {
		if name == segment.TimeColumn {
			return r.Millis()
		}
		switch v := r.Value(name).(type) {
		case string, int64, float64:
			return v
		}
		return nil // lists and maps are no values here: supplierFromObjectSelector
	})
	return v.Truth(), err
}

// rows leaves out the rows over which the expression fails, for which Druid fails
// the query.
func (f expressionFilter) rows(s Queryable) *roaring.Bitmap {
	b := roaring.New()
	row := 0
	binding := bindingOf(s, f.of, &row)
	for ; row < s.Rows(); row++ {
		if v, err := f.of.Eval(binding); err == nil && v.Truth() {
			b.Add(uint32(row))
		}
	}
	return b
}

// bindingOf gives the values of an expression's columns in the row that row points
// to: ExpressionSelectors.createBindings. Several values are null.
func bindingOf(s Queryable, e *expression.Expr, row *int) expression.Binding {
	columns := make(map[string]func() any)
	for _, name := range e.Inputs() {
		columns[name] = inputOf(s, name, row)
	}
	return func(name string) any { return columns[name]() }
}

func inputOf(s Queryable, name string, row *int) func() any {
	if name == segment.TimeColumn {
		times := s.Times()
		return func() any { return times[*row] }
	}
	switch c := s.Column(name).(type) {
	case segment.LongColumn:
		return func() any { return c[*row] }
	case segment.DoubleColumn:
		return func() any { return c[*row] }
	case segment.FloatColumn:
		return func() any { return float64(c[*row]) }
	case *segment.StringColumn:
		return func() any {
			if ids := c.Row(*row); len(ids) == 1 {
				return c.Value(ids[0])
			}
			return nil
		}
	}
	return func() any { return nil }
}
