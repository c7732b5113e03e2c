package ingest

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"oakmoot/internal/druid"
)

// Row is one parsed record: InputRow in Java. The values of Event are nil,
// string, bool, int64, float64 or []any of these.
type Row struct {
	Time       druid.Timestamp
	Dimensions []string // names, in order
	Event      map[string]any
}

// strings is the values of a dimension: Rows.objectToStrings. Null is no value.
func (r Row) strings(name string) []string {
	v := r.Event[name]
	list, ok := v.([]any)
	if !ok {
		if v == nil {
			return nil
		}
		return []string{text(v)}
	}
	values := make([]string, len(list))
	for i, v := range list {
		values[i] = text(v)
	}
	return values
}

// text is String.valueOf of a value, but null is the empty string.
func text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return druid.FormatDouble(v, 64)
	}
	return fmt.Sprint(v)
}

// number is the value of a metric's field: Rows.objectToNumber. Null is zero.
func (r Row) number(name string) (any, error) {
	switch v := r.Event[name].(type) {
	case nil:
		return int64(0), nil
	case int64, float64:
		return v, nil
	case string:
		if n, ok := parseNumber(v); ok {
			return n, nil
		}
	}
	return nil, &ParseError{Reason: fmt.Sprintf("Unable to parse value[%v] for field[%s]", r.Event[name], name)}
}

// parseNumber reads a long, else a double; commas are left out, and so is a plus
// sign before a digit.
func parseNumber(s string) (any, bool) {
	s = strings.ReplaceAll(druid.TrimJava(s), ",", "")
	if len(s) > 1 && s[0] == '+' && digitAt(s, 1) {
		s = s[1:]
	}
	if n, ok := druid.TryLong(s); ok {
		return n, true
	}
	if f, ok := druid.ParseDouble(s); ok {
		return f, true
	}
	return nil, false
}

func digitAt(s string, i int) bool { return s[i] >= '0' && s[i] <= '9' }

func toLong(v any) int64 {
	if f, ok := v.(float64); ok {
		return doubleToLong(f)
	}
	n, _ := v.(int64)
	return n
}

// doubleToLong is Java's cast: NaN is zero and what is too large is the end.
func doubleToLong(f float64) int64 {
	switch {
	case f != f:
		return 0
	case f >= math.MaxInt64:
		return math.MaxInt64
	case f <= math.MinInt64:
		return math.MinInt64
	}
	return int64(f)
}

func toDouble(v any) float64 {
	if n, ok := v.(int64); ok {
		return float64(n)
	}
	f, _ := v.(float64)
	return f
}

// fromJSON gives a decoded JSON value the types of a Row; objects are dropped.
// Numbers are told apart when they were decoded as json.Number.
func fromJSON(v any) any {
	switch v := v.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
		f, err := v.Float64()
		if err != nil {
			return v.String()
		}
		return f
	case int:
		return int64(v)
	case []any:
		list := make([]any, 0, len(v))
		for _, x := range v {
			if x = fromJSON(x); x != nil {
				list = append(list, x)
			}
		}
		return slices.Clip(list)
	case map[string]any:
		return nil
	}
	return v
}
