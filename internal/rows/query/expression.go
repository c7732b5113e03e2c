package query

import (
	"errors"

	"oakmoot/internal/rows/expression"
	"oakmoot/internal/rows/segment"
)

// expressionOf reads an expression; null is none.
func expressionOf(n node) (*expression.Expr, error) {
	text, err := n.string()
	if err != nil || text == nil {
		return nil, err
	}
	e, err := expression.Parse(*text)
	if err != nil {
		return nil, bad("%v", err)
	}
	return e, nil
}

// failure is the panic of an expression that fails on a row, which fails the whole
// query in Druid. Run turns it into an error; it never leaves the package.
type failure struct{ err *Error }

// recovered sets the error of a failure.
func recovered(err *error) {
	switch r := recover().(type) {
	case nil:
	case failure:
		*err = r.err
	default:
		panic(r)
	}
}

func fail(err error) {
	class := "org.apache.druid.java.util.common.IAE"
	var thrown *expression.Exception
	if errors.As(err, &thrown) {
		class = thrown.Class
	}
	panic(failure{&Error{Code: UnknownException, Message: err.Error(), Class: class}})
}

// evaluator computes an expression over the rows of a segment.
func evaluator(s Queryable, e *expression.Expr) func(row int) expression.Value {
	at := 0
	columns := make(map[string]func(row int) any)
	for _, name := range e.Inputs() {
		columns[name] = input(s, name)
	}
	binding := func(name string) any { return columns[name](at) }
	return func(row int) expression.Value {
		at = row
		v, err := e.Eval(binding)
		if err != nil {
			fail(err)
		}
		return v
	}
}

// input gives an expression the values of a column; several values count as null:
// ExpressionSelectors.createBindings.
func input(s Queryable, name string) func(row int) any {
	if name == segment.TimeColumn {
		times := s.Times()
		return func(row int) any { return times[row] }
	}
	switch c := s.Column(name).(type) {
	case segment.LongColumn:
		return func(row int) any { return c[row] }
	case segment.DoubleColumn:
		return func(row int) any { return c[row] }
	case segment.FloatColumn:
		return func(row int) any { return float64(c[row]) }
	case *segment.StringColumn:
		return func(row int) any {
			if ids := c.Row(row); len(ids) == 1 {
				return c.Value(ids[0])
			}
			return nil
		}
	}
	return func(int) any { return nil }
}

// computed gives an aggregator the numbers of an expression. Anything but a number
// counts as the aggregator's value for no rows: AggregatorUtil.
func computed[T numeric](s Queryable, e *expression.Expr, none T) func(row int) T {
	value := evaluator(s, e)
	return func(row int) T {
		v := value(row)
		if _, isLong := any(none).(int64); isLong {
			if n, ok := v.Long(); ok {
				return T(n)
			}
			return none
		}
		if f, ok := v.Double(); ok {
			return T(f)
		}
		return none
	}
}
