package ingest

import (
	"strconv"
	"strings"
	"testing"
)

// Each line is a format, a value from a JSON record, and the milliseconds that
// TimestampParser.createObjectTimestampParser returns, or its error.
func TestTimestampsAreReadAsTimestampParserDoes(t *testing.T) {
	vectors(t, "timestamps.tsv", func(n int, c []string) {
		spec := timestampSpec{Format: unquote[string](t, c[0])}
		err := spec.prepare()
		var got string
		if err == nil {
			var value any
			if o, e := readObject(`{"t":`+c[1]+`}`, jsonFeatures{}); e == nil {
				value = withoutNulls(o.values["t"])
			}
			millis, e := spec.extract(value)
			err, got = e, strconv.FormatInt(int64(millis), 10)
		}
		if err != nil {
			got = "error"
		}
		if got != c[2] {
			t.Errorf("line %d: %s of %s: got %s (%v), want %s", n, c[0], c[1], got, err, strings.Join(c[2:], " "))
			return
		}
		if len(c) > 3 && (strings.HasPrefix(c[3], `"Invalid format`) || strings.HasPrefix(c[3], `"Cannot parse`)) {
			if want := unquote[string](t, c[3]); err.Error() != want {
				t.Errorf("line %d: %s of %s: got message %s, want %s", n, c[0], c[1], err, want)
			}
		}
	})
}
