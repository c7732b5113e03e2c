package ingest

import (
	"strconv"
	"testing"

	"oakmoot/internal/druid"
)

// Each line is a text, what DimensionHandlerUtils makes of it as a long, a float and a
// double, and what Rows.objectToNumber makes of it as a metric's field.
func TestTextsAreNumbersWhereJavaSaysSo(t *testing.T) {
	floats := func(bits int) func(string) string {
		return func(s string) string {
			f, ok := druid.TryFloat(s, bits)
			if !ok {
				return "error"
			}
			return strconv.FormatFloat(f, 'g', -1, bits)
		}
	}
	normal := func(s string, bits int) string {
		if f, err := strconv.ParseFloat(s, bits); err == nil {
			return strconv.FormatFloat(f, 'g', -1, bits)
		}
		return s
	}
	vectors(t, "numbers.tsv", func(n int, c []string) {
		s := unquote[string](t, c[0])
		long := "error"
		if v, ok := druid.ExactLong(s); ok {
			long = strconv.FormatInt(v, 10)
		}
		check := func(as, got, want string) {
			if got != want {
				t.Errorf("line %d: %s as %s: got %s, want %s", n, c[0], as, got, want)
			}
		}
		check("long", long, c[1])
		check("float", floats(32)(s), normal(c[2], 32))
		check("double", floats(64)(s), normal(c[3], 64))
		metric, want := "error", c[4]
		switch v, _ := parseNumber(s); v := v.(type) {
		case int64:
			metric = "Long " + strconv.FormatInt(v, 10)
		case float64:
			metric = "Double " + strconv.FormatFloat(v, 'g', -1, 64)
			if len(want) > 7 {
				want = "Double " + normal(want[7:], 64)
			}
		}
		check("metric", metric, want)
	})
}
