package query

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/RoaringBitmap/roaring/v2"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/segment"
)

// filter selects rows: DimFilter. A nil filter selects all.
type filter interface {
	rows(s Queryable) *roaring.Bitmap // may be changed by the caller
}

// filterFields are the keys of the conditions on one column.
type filterFields struct {
	Dimension, Value         *string
	Values                   []*string
	Pattern, Escape          *string
	Intervals                []*string
	Lower, Upper             *string
	LowerStrict, UpperStrict bool
	Ordering                 ordering
	Alphanumeric             *bool
}

func readFilterFields(n node) (f filterFields, err error) {
	for key, to := range map[string]**string{
		"dimension": &f.Dimension, "value": &f.Value, "pattern": &f.Pattern, "escape": &f.Escape, "lower": &f.Lower, "upper": &f.Upper,
	} {
		if *to, err = n.of(key).string(); err != nil {
			return f, inside(key, err)
		}
	}
	for key, to := range map[string]*[]*string{"values": &f.Values, "intervals": &f.Intervals} {
		if *to, err = n.of(key).strings(); err != nil {
			return f, inside(key, err)
		}
	}
	for key, to := range map[string]*bool{"lowerStrict": &f.LowerStrict, "upperStrict": &f.UpperStrict} {
		if *to, err = n.of(key).flag(); err != nil {
			return f, inside(key, err)
		}
	}
	if old := n.of("alphaNumeric"); !old.null() {
		set, err := old.flag()
		if err != nil {
			return f, inside("alphaNumeric", err)
		}
		f.Alphanumeric = &set
	}
	if raw := n.of("ordering").raw; raw != nil {
		err = f.Ordering.UnmarshalJSON(raw)
	}
	return f, err
}

// parseFilter reads a filter; null is none.
func parseFilter(raw json.RawMessage) (filter, error) {
	n, err := readNode(raw)
	if err != nil {
		return nil, inside("filter", err)
	}
	return filterOf(n)
}

func filterOf(n node) (filter, error) {
	if n.null() {
		return nil, nil
	}
	kind, err := n.typeOf("filter", "filter.DimFilter", knownFilters)
	if err != nil {
		return nil, err
	}
	switch kind {
	case "and", "or":
		return junctionOf(n, kind)
	case "not":
		inner, err := filterOf(n.of("field"))
		if err == nil && inner == nil {
			err = refused("filter.NotDimFilter", "NOT operator requires at least one field")
		}
		return not{inner}, err
	case "true":
		return everything{}, nil
	case "expression":
		return expressionFilterOf(n)
	}
	f, err := readFilterFields(n)
	if err != nil {
		return nil, inside("filter "+kind, err)
	}
	if f.Dimension == nil {
		return nil, refused(filterClasses[kind], "dimension must not be null")
	}
	match, err := f.predicate(kind)
	if err != nil {
		return nil, err
	}
	return column{*f.Dimension, match}, nil
}

// typeOf returns the type of an object, if it is a supported one.
func (n node) typeOf(class, java, known string) (string, error) {
	if n.members == nil {
		return "", bad("Unexpected token (%s), expected START_OBJECT: need JSON Object to contain As.PROPERTY type information for class org.apache.druid.query.%s", n.token(), java)
	}
	kind, err := n.of("type").string()
	switch {
	case err != nil:
		return "", inside("type", err)
	case kind == nil:
		return "", bad("Unexpected token (END_OBJECT), expected FIELD_NAME: missing property 'type' that is to contain type id  (for class org.apache.druid.query.%s)", java)
	case !knows(class, *kind):
		return "", unknownType(*kind, java, known)
	}
	return *kind, check(class, *kind, n)
}

// filterClasses are the Java classes of the conditions on one column.
var filterClasses = map[string]string{
	"selector": "filter.SelectorDimFilter", "in": "filter.InDimFilter", "bound": "filter.BoundDimFilter",
	"interval": "filter.IntervalDimFilter", "like": "filter.LikeDimFilter", "regex": "filter.RegexDimFilter",
}

// predicate reads a condition on one column's values.
func (f filterFields) predicate(kind string) (predicate, error) {
	switch kind {
	case "selector":
		return oneOf([]string{orEmpty(f.Value)}), nil
	case "in":
		values := make([]string, len(f.Values))
		for i, v := range f.Values {
			values[i] = orEmpty(v)
		}
		return oneOf(values), nil
	case "bound":
		return newBound(f)
	case "interval":
		return newWithin(f.Intervals)
	case "like":
		return likePredicate(orEmpty(f.Pattern), orEmpty(f.Escape))
	}
	if f.Pattern == nil {
		return nil, refused(filterClasses["regex"], "pattern must not be null")
	}
	re, err := regexp.Compile(*f.Pattern)
	if err != nil {
		return nil, refused(filterClasses["regex"], "%v", err)
	}
	return onText(re.MatchString), nil
}

func orEmpty(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// column is a condition on one column.
type column struct {
	name  string
	match predicate
}

func (f column) rows(s Queryable) *roaring.Bitmap {
	switch c := s.Column(f.name).(type) {
	case nil:
		if f.match.text("") {
			return everything{}.rows(s)
		}
	case *segment.StringColumn:
		return matchStrings(c, f.match)
	case segment.LongColumn:
		return matchNumbers(c, func(v int64) bool { return f.match.long(v) })
	case segment.DoubleColumn:
		return matchNumbers(c, func(v float64) bool { return f.match.double(v) })
	case segment.FloatColumn:
		return matchNumbers(c, func(v float32) bool { return f.match.double(float64(v)) })
	}
	return roaring.New()
}

// matchStrings tests the dictionary and unites the rows of the values that match.
func matchStrings(c *segment.StringColumn, match predicate) *roaring.Bitmap {
	var sets []*roaring.Bitmap
	if values, ok := match.(oneOf); ok {
		for _, v := range values {
			if id, ok := c.ID(v); ok {
				sets = append(sets, c.Bitmap(id))
			}
		}
	} else {
		for id := range uint32(c.Cardinality()) {
			if match.text(c.Value(id)) {
				sets = append(sets, c.Bitmap(id))
			}
		}
	}
	return roaring.FastOr(sets...)
}

func matchNumbers[T any](values []T, match func(T) bool) *roaring.Bitmap {
	b := roaring.New()
	for row, v := range values {
		if match(v) {
			b.Add(uint32(row))
		}
	}
	return b
}

type junction struct {
	fields []filter
	all    bool // and
}

func junctionOf(n node, kind string) (filter, error) {
	j := junction{all: kind == "and"}
	items, err := n.of("fields").list()
	if err != nil {
		return nil, inside("filter "+kind, err)
	}
	for _, item := range items {
		inner, err := filterOf(item)
		if err != nil {
			return nil, err
		}
		if inner != nil {
			j.fields = append(j.fields, inner)
		}
	}
	if len(j.fields) == 0 {
		return nil, refused("filter."+map[bool]string{true: "And", false: "Or"}[j.all]+"DimFilter", "%s operator requires at least one field", strings.ToUpper(kind))
	}
	return j, nil
}

func (j junction) rows(s Queryable) *roaring.Bitmap {
	b := j.fields[0].rows(s)
	for _, f := range j.fields[1:] {
		if j.all {
			b.And(f.rows(s))
		} else {
			b.Or(f.rows(s))
		}
	}
	return b
}

// everything is TrueDimFilter.
type everything struct{}

func (everything) rows(s Queryable) *roaring.Bitmap {
	b := roaring.New()
	b.AddRange(0, uint64(s.Rows()))
	return b
}

type not struct{ inner filter }

func (n not) rows(s Queryable) *roaring.Bitmap {
	b := n.inner.rows(s)
	b.Flip(0, uint64(s.Rows()))
	return b
}

// chosen returns the rows of a segment that a filter selects.
func chosen(f filter, s Queryable) rowSet {
	if f == nil {
		return allRows{}
	}
	return bitmapRows{f.rows(s)}
}

type bitmapRows struct{ set *roaring.Bitmap }

func (b bitmapRows) each(from, to int, f func(int)) {
	it := b.set.Iterator()
	it.AdvanceIfNeeded(uint32(from))
	for it.HasNext() {
		row := int(it.Next())
		if row >= to {
			return
		}
		f(row)
	}
}

// within is the interval filter: a time in milliseconds inside one of several
// intervals.
type within []druid.Interval

func newWithin(texts []*string) (predicate, error) {
	var w within
	for _, text := range texts {
		i, err := druid.ParseInterval(orEmpty(text))
		if err != nil {
			return nil, refused(filterClasses["interval"], "%v", err)
		}
		w = append(w, i)
	}
	return w, nil
}

func (w within) long(v int64) bool {
	return slices.ContainsFunc(w, func(i druid.Interval) bool { return i.Holds(druid.Timestamp(v)) })
}
func (w within) double(v float64) bool { return w.long(int64(v)) }
func (w within) text(v string) bool {
	n, ok := exactLong(v)
	return ok && w.long(n)
}
