package query

import (
	"github.com/RoaringBitmap/roaring/v2"

	"oakmoot/internal/rows/expression"
	"oakmoot/internal/rows/segment"
)

// expressionFilter selects the rows for which an expression's value, as a whole number,
// is above zero: ExpressionFilter.
type expressionFilter struct{ of *expression.Expr }

func expressionFilterOf(n node) (filter, error) {
	e, err := expressionOf(n.of("expression"))
	switch {
	case err != nil:
		return nil, inside("filter expression", err)
	case e == nil:
		return nil, refused("filter.ExpressionDimFilter", "expression")
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
		return nil // lists and maps do not count as values here: supplierFromObjectSelector
	})
	return v.Truth(), err
}

func (f expressionFilter) rows(s Queryable) *roaring.Bitmap {
	b := roaring.New()
	value := evaluator(s, f.of)
	for row := range s.Rows() {
		if value(row).Truth() {
			b.Add(uint32(row))
		}
	}
	return b
}
