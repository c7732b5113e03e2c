package query

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// Numbers are written as Jackson writes Java's long, double and float, in
// strings where JSON has no number for them.

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
	b, _ := json.Marshal(v) // a string, or a list of strings
	return b
}

// javaFloat is Double.toString and Float.toString.
func javaFloat(f float64, bits int) json.RawMessage {
	abs := math.Abs(f)
	switch {
	case f != f:
		return json.RawMessage(`"NaN"`)
	case math.IsInf(f, 1):
		return json.RawMessage(`"Infinity"`)
	case math.IsInf(f, -1):
		return json.RawMessage(`"-Infinity"`)
	case abs == 0 || abs >= 1e-3 && abs < 1e7:
		s := strconv.FormatFloat(f, 'f', -1, bits)
		if !strings.Contains(s, ".") {
			s += ".0"
		}
		return json.RawMessage(s)
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(f, 'E', -1, bits), "E")
	if !strings.Contains(mantissa, ".") {
		mantissa += ".0"
	}
	n, _ := strconv.Atoi(exponent) // digits that FormatFloat has just written
	return json.RawMessage(mantissa + "E" + strconv.Itoa(n))
}

// readNumber is a JSON number, or a string that stands for one.
func readNumber(raw json.RawMessage) (float64, error) {
	text := strings.Trim(string(raw), `"`)
	if text == "null" {
		return 0, nil
	}
	return strconv.ParseFloat(text, 64)
}
