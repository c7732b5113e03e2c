package query

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"oakmoot/internal/druid"
)

// Numbers are written as Jackson writes Java's long, double and float; those that JSON
// lacks become strings.

func writeValue(v any) json.RawMessage {
	switch v := v.(type) {
	case nil:
		return json.RawMessage("null")
	case int64:
		return strconv.AppendInt(nil, v, 10)
	case float64:
		return javaFloat(v, 64)
	case float32:
		return javaFloat(float64(v), 32)
	}
	b, _ := json.Marshal(v) // a string, or a list of strings and nulls
	return b
}

// javaFloat is a floating-point number of 32 or 64 bits.
func javaFloat(f float64, bits int) json.RawMessage {
	s := druid.FormatDouble(f, bits)
	if f != f || math.IsInf(f, 0) {
		s = `"` + s + `"`
	}
	return json.RawMessage(s)
}

// unquoted formats a number without the quotes of those that JSON lacks.
func unquoted(raw json.RawMessage) string { return strings.Trim(string(raw), `"`) }

// readNumber reads a JSON number, or a string that stands for one.
func readNumber(raw json.RawMessage) (float64, error) {
	text := unquoted(raw)
	if text == "null" {
		return 0, nil
	}
	return strconv.ParseFloat(text, 64)
}
