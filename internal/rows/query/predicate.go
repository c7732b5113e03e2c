package query

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/segment"
)

// predicate is a condition on a value: DruidPredicateFactory. The empty string
// is null.
type predicate interface {
	text(string) bool
	long(int64) bool
	double(float64) bool
}

// oneOf holds for equal values; numbers are compared as numbers.
type oneOf []string

func (o oneOf) text(v string) bool { return slices.Contains(o, v) }

func (o oneOf) long(v int64) bool {
	return slices.ContainsFunc(o, func(s string) bool {
		n, ok := exactLong(s)
		return ok && n == v
	})
}

func (o oneOf) double(v float64) bool {
	return slices.ContainsFunc(o, func(s string) bool {
		f, err := strconv.ParseFloat(s, 64)
		return err == nil && f == v
	})
}

// exactLong reads a decimal that is a whole number:
// DimensionHandlerUtils.getExactLongFromDecimalString.
func exactLong(s string) (int64, bool) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n, true
	}
	f, err := strconv.ParseFloat(s, 64)
	return int64(f), err == nil && f == float64(int64(f))
}

// onText is a condition on text; it sees numbers as Java prints them.
type onText func(string) bool

func (f onText) text(v string) bool    { return f(v) }
func (f onText) long(v int64) bool     { return f(strconv.FormatInt(v, 10)) }
func (f onText) double(v float64) bool { return f(druid.FormatDouble(v, 64)) }

// likePredicate is SQL's LIKE: % stands for any text and _ for one character.
func likePredicate(pattern, escape string) (predicate, error) {
	if utf8.RuneCountInString(escape) > 1 {
		return nil, refused(filterClasses["like"], "Escape must be null or a single character")
	}
	var re strings.Builder
	re.WriteString("(?s)^")
	escaped := false
	for _, r := range pattern {
		switch {
		case escaped:
			re.WriteString(regexp.QuoteMeta(string(r)))
			escaped = false
		case escape != "" && string(r) == escape:
			escaped = true
		case r == '%':
			re.WriteString(".*")
		case r == '_':
			re.WriteString(".")
		default:
			re.WriteString(regexp.QuoteMeta(string(r)))
		}
	}
	compiled, err := regexp.Compile(re.String() + "$")
	if err != nil {
		return nil, fmt.Errorf("like %q: %w", pattern, err)
	}
	return onText(compiled.MatchString), nil
}

// bound is a range of values in some ordering.
type bound struct {
	lower, upper             *string
	lowerStrict, upperStrict bool
	compare                  func(a, b string) int
	numeric                  bool
}

func newBound(f filterFields) (predicate, error) {
	if f.Lower == nil && f.Upper == nil {
		return nil, refused(filterClasses["bound"], "lower and upper can not be null at the same time")
	}
	b := bound{lower: f.Lower, upper: f.Upper, lowerStrict: f.LowerStrict, upperStrict: f.UpperStrict}
	order := cmp.Or(f.Ordering, "lexicographic")
	if f.Alphanumeric != nil {
		if f.Ordering == "" && *f.Alphanumeric {
			order = "alphanumeric"
		}
		if *f.Alphanumeric != (order == "alphanumeric") {
			return nil, refused(filterClasses["bound"], "mismatch between alphanumeric and ordering property")
		}
	}
	b.compare, b.numeric = order.compare(), order == "numeric"
	if order == "lexicographic" {
		b.compare = segment.CompareStrings // the order of a segment's dictionary
	}
	return b, nil
}

func (b bound) text(v string) bool {
	if v == "" {
		return b.null()
	}
	return b.holds(func(limit string) int { return b.compare(v, limit) })
}

// null reports whether null is in the range: it is below everything.
func (b bound) null() bool {
	above := b.lower == nil || *b.lower == "" && !b.lowerStrict
	return above && (b.upper == nil || *b.upper != "" || !b.upperStrict)
}

// holds reports whether a value is in the range, given how it compares to a limit.
func (b bound) holds(compare func(limit string) int) bool {
	if b.lower != nil {
		if c := compare(*b.lower); c < 0 || c == 0 && b.lowerStrict {
			return false
		}
	}
	if b.upper != nil {
		if c := compare(*b.upper); c > 0 || c == 0 && b.upperStrict {
			return false
		}
	}
	return true
}

func (b bound) long(v int64) bool {
	if !b.numeric {
		return onText(b.text).long(v)
	}
	return b.holds(func(limit string) int {
		if n, ok := exactLong(limit); ok {
			return cmp.Compare(v, n)
		}
		return compareToText(float64(v), limit)
	})
}

func (b bound) double(v float64) bool {
	if !b.numeric {
		return onText(b.text).double(v)
	}
	return b.holds(func(limit string) int { return compareToText(v, limit) })
}

func compareToText(v float64, limit string) int {
	f, err := strconv.ParseFloat(limit, 64)
	if err != nil {
		return 1 // anything but a number comes before all numbers
	}
	return cmp.Compare(v, f)
}
