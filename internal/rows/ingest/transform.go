package ingest

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/expression"
	"oakmoot/internal/rows/query"
	"oakmoot/internal/rows/segment"
)

// ErrFiltered means that the transformSpec's filter leaves a row out: the row is thrown
// away, which is not a failure.
var ErrFiltered = errors.New("the filter of the transformSpec leaves the row out")

// transformSpec is TransformSpec.
type transformSpec struct {
	Filter     json.RawMessage `json:"filter"`
	Transforms []transform     `json:"transforms"`

	filter *query.RowFilter
}

// transform is ExpressionTransform, the only kind there is.
type transform struct {
	Type       string  `json:"type"`
	Name       *string `json:"name"`
	Expression *string `json:"expression"`
}

// check makes the checks of the constructors. Expressions are parsed later.
func (s *transformSpec) check() (err error) {
	if s.filter, err = query.ParseRowFilter(s.Filter); err != nil {
		return fmt.Errorf("transformSpec: %w", err)
	}
	seen := map[string]bool{}
	for _, t := range s.Transforms {
		switch {
		case t.Type != "expression":
			return fmt.Errorf("transformSpec: Could not resolve type id '%s' into a subtype of [simple type, class org.apache.druid.segment.transform.Transform]: known type ids = [Transform, expression]", t.Type)
		case t.Name == nil:
			return errors.New("transformSpec: a transform without a name")
		case t.Expression == nil:
			return fmt.Errorf("transformSpec: transform '%s' has no expression", *t.Name)
		case seen[*t.Name]:
			return exception(illegalArgument, "Instantiation of [simple type, class org.apache.druid.segment.transform.TransformSpec] value failed: Transform name '%s' cannot be used twice", *t.Name)
		}
		seen[*t.Name] = true
	}
	return nil
}

// transformer transforms rows: Transformer. Each transform reads the original row, and
// adds a field that shadows any other of its name. The filter reads the transformed
// row.
type transformer struct {
	transforms map[string]*expression.Expr
	filter     *query.RowFilter
	read       map[string]bool // fields for which a failing transform matters
}

// newTransformer returns nil when there is nothing to do.
func (s *Schema) newTransformer() (*transformer, error) {
	spec := s.transform
	if spec == nil || len(spec.Transforms) == 0 && spec.filter == nil {
		return nil, nil
	}
	t := &transformer{transforms: map[string]*expression.Expr{}, filter: spec.filter, read: map[string]bool{segment.TimeColumn: true}}
	for _, one := range spec.Transforms {
		e, err := expression.Parse(*one.Expression)
		var undefined *expression.UndefinedError
		if errors.As(err, &undefined) {
			return nil, exception("org.apache.druid.java.util.common.RE", "%v", undefined)
		}
		if err != nil {
			return nil, exception("org.apache.druid.java.util.common.RE", "transform '%s': %v", *one.Name, err)
		}
		t.transforms[*one.Name] = e
	}
	for _, a := range s.Aggregators {
		for _, field := range a.fields() {
			t.read[field] = true
		}
	}
	if t.filter != nil {
		for _, name := range t.filter.Columns() {
			t.read[name] = true
		}
	}
	return t, nil
}

// apply returns the transformed row, or ErrFiltered. Druid computes a field only when
// it is read, so one that nobody reads cannot fail.
func (t *transformer) apply(r Row) (Row, error) {
	if t == nil {
		return r, nil
	}
	made := r
	if len(t.transforms) > 0 {
		made.Event = maps.Clone(r.Event)
	}
	for name, e := range t.transforms {
		v, err := e.Eval(r.Value)
		if err != nil && (t.read[name] || slices.Contains(r.Dimensions, name)) {
			return Row{}, failed("transform '"+name+"'", err)
		}
		made.Event[name] = v.Any()
	}
	if t.transforms[segment.TimeColumn] != nil {
		millis, err := made.number(segment.TimeColumn)
		if err != nil {
			return Row{}, err
		}
		made.Time = druid.Timestamp(toLong(millis))
	}
	if t.filter != nil {
		ok, err := t.filter.Matches(made)
		switch {
		case err != nil:
			return Row{}, failed("filter of the transformSpec", err)
		case !ok:
			return Row{}, ErrFiltered
		}
	}
	return made, nil
}

// failed ends a task because of an expression that cannot be computed.
func failed(of string, err error) error {
	class := druidIAE
	var thrown *expression.Exception
	if errors.As(err, &thrown) {
		class = thrown.Class
	}
	return exception(class, "%v (%s)", err, of)
}

// Value returns what a row holds under a name: Row.getRaw, with the time under __time.
func (r Row) Value(name string) any {
	if name == segment.TimeColumn {
		return int64(r.Time)
	}
	return r.Event[name]
}

// Millis returns the row's time in milliseconds.
func (r Row) Millis() int64 { return int64(r.Time) }
