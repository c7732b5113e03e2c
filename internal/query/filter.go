package query

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/RoaringBitmap/roaring/v2"

	"oakmoot/internal/druid"
	"oakmoot/internal/segment"
)

// filter chooses rows: DimFilter. A nil filter chooses all.
type filter interface {
	rows(s Queryable) *roaring.Bitmap // may be changed by the caller
}

type filterJSON struct {
	Type      string            `json:"type"`
	Dimension string            `json:"dimension"`
	Value     *string           `json:"value"`
	Values    []*string         `json:"values"`
	Field     json.RawMessage   `json:"field"`
	Fields    []json.RawMessage `json:"fields"`
	Intervals json.RawMessage   `json:"intervals"`
	Pattern   string            `json:"pattern"`
	Escape    string            `json:"escape"`

	Lower       *string  `json:"lower"`
	Upper       *string  `json:"upper"`
	LowerStrict bool     `json:"lowerStrict"`
	UpperStrict bool     `json:"upperStrict"`
	Ordering    ordering `json:"ordering"`

	Alphanumeric *bool `json:"alphaNumeric"`

	ExtractionFn json.RawMessage `json:"extractionFn"`
}

func parseFilter(raw json.RawMessage) (filter, error) {
	if isNull(raw) {
		return nil, nil
	}
	var f filterJSON
	if err := json.Unmarshal(raw, &f); err != nil {
		return nil, inside("filter", err)
	}
	if !isNull(f.ExtractionFn) {
		return nil, bad("filter %s: extractionFn is not supported", f.Type)
	}
	switch f.Type {
	case "and", "or":
		return parseJunction(f)
	case "not":
		inner, err := parseFilter(f.Field)
		if err == nil && inner == nil {
			err = refused("filter.NotDimFilter", "NOT operator requires at least one field")
		}
		return not{inner}, err
	}
	class, ok := filterClasses[f.Type]
	if !ok {
		return nil, unknownType(f.Type, "filter.DimFilter", knownFilters)
	}
	if f.Dimension == "" {
		return nil, refused(class, "dimension must not be null")
	}
	match, err := f.predicate()
	if err != nil {
		return nil, err
	}
	return column{f.Dimension, match}, nil
}

// filterClasses are the conditions on one column, with their classes in Java.
var filterClasses = map[string]string{
	"selector": "filter.SelectorDimFilter", "in": "filter.InDimFilter", "bound": "filter.BoundDimFilter",
	"interval": "filter.IntervalDimFilter", "like": "filter.LikeDimFilter", "regex": "filter.RegexDimFilter",
}

// predicate is a condition on one column's values.
func (f filterJSON) predicate() (predicate, error) {
	switch f.Type {
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
		var texts []string
		if err := json.Unmarshal(f.Intervals, &texts); err != nil {
			return nil, fmt.Errorf("filter interval: %w", err)
		}
		return newWithin(texts)
	case "like":
		return likePredicate(f.Pattern, f.Escape)
	}
	re, err := regexp.Compile(f.Pattern)
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
	all := func() *roaring.Bitmap {
		b := roaring.New()
		b.AddRange(0, uint64(s.Rows()))
		return b
	}
	switch c := s.Column(f.name).(type) {
	case nil:
		if f.match.text("") {
			return all()
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

// matchStrings asks the dictionary and joins the rows of the values that match.
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

func parseJunction(f filterJSON) (filter, error) {
	j := junction{all: f.Type == "and"}
	for _, raw := range f.Fields {
		inner, err := parseFilter(raw)
		if err != nil {
			return nil, err
		}
		if inner != nil {
			j.fields = append(j.fields, inner)
		}
	}
	if len(j.fields) == 0 {
		return nil, refused("filter."+map[bool]string{true: "And", false: "Or"}[j.all]+"DimFilter", "%s operator requires at least one field", strings.ToUpper(f.Type))
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

type not struct{ inner filter }

func (n not) rows(s Queryable) *roaring.Bitmap {
	b := n.inner.rows(s)
	b.Flip(0, uint64(s.Rows()))
	return b
}

// chosen is the rows that a filter chooses of a segment.
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

// within is the interval filter: a time in milliseconds in one of intervals.
type within []druid.Interval

func newWithin(texts []string) (predicate, error) {
	var w within
	for _, text := range texts {
		i, err := druid.ParseInterval(text)
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
