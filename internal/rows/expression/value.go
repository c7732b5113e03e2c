package expression

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"oakmoot/internal/druid"
)

// Type is the type of a value: ExprType.
type Type int

// The types of values.
const (
	String Type = iota
	Long
	Double
)

func (t Type) String() string { return [...]string{"STRING", "LONG", "DOUBLE"}[t] }

// Value is the result of an expression: ExprEval. Its zero value is null.
type Value struct {
	kind Type
	v    any // string, int64 or float64; nil is null
}

// Type returns the type that operators see.
func (v Value) Type() Type { return v.kind }

// Any returns the value as a Go value: nil, string, int64 or float64. A string that was
// cast to LONG keeps its fraction, as in Druid: ExprEval.ofLong(Number).
func (v Value) Any() any { return v.v }

// IsNull reports whether it is null, which only a string can be.
func (v Value) IsNull() bool { return v.v == nil }

// Truth reports whether a filter accepts the value: Evals.asBoolean of it as a long.
func (v Value) Truth() bool { return v.long() > 0 }

// Long returns the value as a long; ok is false for a string that is not a number.
func (v Value) Long() (n int64, ok bool) { return v.long(), v.numeric() != nil }

// Double returns the value as a double; ok is as for Long.
func (v Value) Double() (f float64, ok bool) { return v.double(), v.numeric() != nil }

func ofLong(n int64) Value     { return Value{Long, n} }
func ofDouble(f float64) Value { return Value{Double, f} }

func ofString(s string) Value {
	if s == "" {
		return Value{}
	}
	return Value{String, s}
}

func ofBool(b bool, t Type) Value {
	switch {
	case t == Double && b:
		return ofDouble(1)
	case t == Double:
		return ofDouble(0)
	case b:
		return ofLong(1)
	}
	return ofLong(0)
}

// Of converts the value of a column: ExprEval.bestEffortOf. Anything but a number or a
// string becomes the string that Java makes of it.
func Of(x any) Value {
	switch x := x.(type) {
	case nil:
		return Value{}
	case int64:
		return ofLong(x)
	case float64:
		return ofDouble(x)
	case float32:
		return ofDouble(float64(x))
	}
	return ofString(javaString(x))
}

// javaString is String.valueOf.
func javaString(x any) string {
	switch x := x.(type) {
	case nil:
		return "null"
	case string:
		return x
	case int64:
		return strconv.FormatInt(x, 10)
	case float64:
		return druid.FormatDouble(x, 64)
	case []string:
		return "[" + strings.Join(x, ", ") + "]"
	case []any:
		parts := make([]string, len(x))
		for i, e := range x {
			parts[i] = javaString(e)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	return fmt.Sprint(x)
}

// text is asString, with "" for null.
func (v Value) text() string {
	if v.v == nil {
		return ""
	}
	return javaString(v.v)
}

// numeric returns the number that the value is or spells, or nil: computeNumber.
func (v Value) numeric() any {
	s, ok := v.v.(string)
	if !ok {
		return v.v
	}
	if n, ok := parseLong(s); ok {
		return n
	}
	if f, ok := parseDouble(s); ok {
		return f
	}
	return nil
}

func (v Value) long() int64 {
	switch n := v.numeric().(type) {
	case int64:
		return n
	case float64:
		return druid.ToLong(n)
	}
	return 0
}

// int is asInt: a long loses its upper half, and a double out of range becomes the
// nearest int.
func (v Value) int() int {
	if f, ok := v.numeric().(float64); ok {
		return int(min(max(druid.ToLong(f), math.MinInt32), math.MaxInt32))
	}
	return int(int32(v.long()))
}

func (v Value) double() float64 {
	switch n := v.numeric().(type) {
	case int64:
		return float64(n)
	case float64:
		return n
	}
	return 0
}

// truth is asBoolean: numbers above zero, and the word true.
func (v Value) truth() bool {
	switch v.kind {
	case Long:
		return v.long() > 0
	case Double:
		return v.double() > 0
	}
	return strings.EqualFold(v.text(), "true")
}

func (v Value) castTo(t Type) Value {
	switch {
	case t == v.kind:
		return v
	case t == String:
		return ofString(v.text())
	case v.kind == String && t == Long: // ofLong of a number that may have a fraction
		if n := v.numeric(); n != nil {
			return Value{Long, n}
		}
		return ofLong(0)
	case t == Long:
		return ofLong(v.long())
	}
	return ofDouble(v.double())
}

// constant returns the value as a literal: toExpr.
func (v Value) constant() Value {
	if v.kind == Long {
		return ofLong(v.long())
	}
	return v
}

// parseLong is GuavaUtils.tryParseLong.
func parseLong(s string) (int64, bool) {
	digits := strings.TrimPrefix(strings.TrimPrefix(s, "+"), "-")
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimPrefix(s, "+"), 10, 64)
	return n, err == nil
}

// parseDouble is Guava's Doubles.tryParse: the syntax of Double.valueOf, without
// surrounding blanks.
func parseDouble(s string) (float64, bool) {
	switch strings.TrimLeft(s, "+-") {
	case "NaN", "Infinity":
		if len(s)-len(strings.TrimLeft(s, "+-")) > 1 {
			return 0, false
		}
		f, err := strconv.ParseFloat(s, 64)
		if strings.HasSuffix(s, "NaN") {
			return math.NaN(), true
		}
		return f, err == nil
	}
	hex := strings.ContainsAny(s, "xX")
	if hex && !strings.ContainsAny(s, "pP") || strings.ContainsAny(s, "_nNiI \t") {
		return 0, false
	}
	if n := len(s); n > 1 && strings.IndexByte("dDfF", s[n-1]) >= 0 {
		s = s[:n-1]
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil || math.IsInf(f, 0)
}
