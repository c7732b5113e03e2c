package ingest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"oakmoot/internal/druid"
)

// Row is one parsed record: InputRow in Java. The values of Event are nil,
// string, bool, int64, float64, []any of these, or *Object.
type Row struct {
	Time       druid.Timestamp
	Dimensions []string // names, in order
	Event      map[string]any

	keys []string // of Event, as Druid sees them when it prints the row
}

// String is MapBasedInputRow.toString.
func (r Row) String() string {
	return "MapBasedInputRow{timestamp=" + r.Time.String() + ", event=" + mapText(r.keys, r.Event) +
		", dimensions=[" + strings.Join(r.Dimensions, ", ") + "]}"
}

// stringsOf returns the values of a dimension: Rows.objectToStrings. Null is no value.
func stringsOf(v any) []string {
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

// number returns the value of a metric's field: Rows.objectToNumber. Null is zero.
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
		return nil, &ParseError{Reason: fmt.Sprintf("Unable to parse value[%s] for field[%s]", v, name)}
	default:
		return nil, &ParseError{Reason: fmt.Sprintf("Unknown type[%s] for field", javaClass(v))}
	}
}

// parseNumber reads a long, or else a double; commas are ignored, and so is a plus sign
// before a digit.
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
		return druid.ToLong(f)
	}
	n, _ := v.(int64)
	return n
}

func toDouble(v any) float64 {
	if n, ok := v.(int64); ok {
		return float64(n)
	}
	f, _ := v.(float64)
	return f
}

func toFloat(v any) float32 {
	if n, ok := v.(int64); ok {
		return float32(n)
	}
	return float32(toDouble(v))
}

// fromJSON converts a value that encoding/json has decoded to the types of a Row. It
// distinguishes longs from doubles if numbers were decoded as json.Number.
func fromJSON(v any) any {
	switch v := v.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
		f, _ := v.Float64() // out of range means infinite
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
		o := newObject()
		for _, k := range slices.Sorted(maps.Keys(v)) {
			o.put(k, fromJSON(v[k]))
		}
		return o
	}
	return v
}
