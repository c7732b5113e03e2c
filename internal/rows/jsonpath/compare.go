package jsonpath

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/segment"
)

// operand is a side of a relation: ValueNode. Its values are nil, bool, number, string,
// list, *regexp.Regexp, nested JSON, or undefined.
type operand interface {
	value(root, item any) any
}

// undefined is the value of a path that leads nowhere.
var undefined any = new(byte)

// fixed is a literal value.
type fixed struct{ v any }

func (f fixed) value(any, any) any { return f.v }

// place is a path from the item or, when it is absolute, from the document's root.
type place struct {
	path     *Path
	absolute bool
}

func (p place) value(root, item any) any {
	v, found := p.path.find(root, p.from(root, item))
	if !found && p.path.definite {
		return undefined
	}
	switch n := v.(type) {
	case int64:
		return number{n, true, float64(n), strconv.FormatInt(n, 10)}
	case float64:
		return number{double: n, text: druid.FormatDouble(n, 64)}
	}
	return v
}

// from returns where the path begins.
func (p place) from(root, item any) any {
	if p.absolute {
		return root
	}
	return item
}

// list is a list of values to search.
type list []any

// number is a number with its text as BigDecimal has it.
type number struct {
	long   int64
	isLong bool
	double float64
	text   string
}

func readNumber(s string) (n number, ok bool) {
	if v, err := strconv.ParseInt(s, 10, 64); err == nil {
		return number{v, true, float64(v), s}, true
	}
	if s == "" || strings.Trim(s, "+-.0123456789eE") != "" {
		return number{}, false
	}
	v, err := strconv.ParseFloat(s, 64)
	return number{double: v, text: s}, err == nil
}

func (n number) compare(o number) int {
	if n.isLong && o.isLong {
		return cmp.Compare(n.long, o.long)
	}
	return cmp.Compare(n.double, o.double)
}

// relation is an operator between two values: RelationalExpressionNode.
type relation struct {
	op          string
	left, right operand
}

func (r relation) holds(root, item any) bool {
	a, b := r.left.value(root, item), r.right.value(root, item)
	switch r.op {
	case "==":
		return equal(a, b)
	case "!=":
		return !equal(a, b)
	case "===":
		return sameKind(a, b) && equal(a, b)
	case "!==":
		return !sameKind(a, b) || !equal(a, b)
	case "in":
		return within(a, b)
	case "nin":
		return !within(a, b)
	case "=~":
		return matches(a, b)
	}
	c, ok := order(a, b)
	switch r.op {
	case "<":
		return ok && c < 0
	case "<=":
		return ok && c <= 0
	case ">":
		return ok && c > 0
	}
	return ok && c >= 0
}

// equal is ValueNode.equals, in which the left side decides whether a number and a
// string are compared as numbers or as strings.
func equal(a, b any) bool {
	switch a := a.(type) {
	case nil:
		return b == nil
	case bool:
		return a == b
	case number:
		switch b := b.(type) {
		case number:
			return a.compare(b) == 0
		case string:
			n, ok := readNumber(b)
			return ok && a.compare(n) == 0
		}
	case string:
		switch b := b.(type) {
		case number:
			return a == b.text
		case string:
			return a == b
		}
	case []any, Object:
		return equalTrees(a, b)
	}
	return false
}

// equalTrees is JsonNode.equals, in which 1 is not 1.0 and the order of keys does not
// matter.
func equalTrees(a, b any) bool {
	switch a := a.(type) {
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, equalTrees)
	case Object:
		b, ok := b.(Object)
		return ok && len(a.Keys()) == len(b.Keys()) && !slices.ContainsFunc(a.Keys(), func(k string) bool {
			x, _ := a.Get(k)
			y, ok := b.Get(k)
			return !ok || !equalTrees(x, y)
		})
	}
	return a == b
}

func sameKind(a, b any) bool {
	switch a.(type) {
	case number:
		_, ok := b.(number)
		return ok
	case string:
		_, ok := b.(string)
		return ok
	}
	return true // equal wants all other kinds to be the same
}

func order(a, b any) (c int, ok bool) {
	switch a := a.(type) {
	case number:
		if b, ok := b.(number); ok {
			return a.compare(b), true
		}
	case string:
		if b, ok := b.(string); ok {
			return segment.CompareStrings(a, b), true
		}
	}
	return 0, false
}

func within(a, b any) bool {
	values, ok := b.(list)
	return ok && slices.ContainsFunc(values, func(v any) bool { return equal(a, v) })
}

// matches reports whether one side is a regular expression that matches all of the
// other. Anything but a string is matched as an empty one.
func matches(a, b any) bool {
	if re, ok := b.(*regexp.Regexp); ok {
		return re.MatchString(textOf(a))
	}
	re, ok := a.(*regexp.Regexp)
	return ok && re.MatchString(textOf(b))
}

func textOf(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case number:
		return v.text
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}
