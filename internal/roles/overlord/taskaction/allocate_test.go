package taskaction

import (
	"strings"
	"testing"

	"oakmoot/internal/druid"
)

func TestBucketsOfARowGetFiner(t *testing.T) {
	at, err := druid.ParseTimestamp("2019-05-30T13:47:31.123Z")
	if err != nil {
		t.Fatal(err)
	}
	for preferred, want := range map[string]string{
		"HOUR":  "2019-05-30T13:00:00.000Z 2019-05-30T13:30:00.000Z 2019-05-30T13:45:00.000Z 2019-05-30T13:40:00.000Z 2019-05-30T13:45:00.000Z 2019-05-30T13:47:00.000Z 2019-05-30T13:47:31.000Z",
		"MONTH": "2019-05-01T00:00:00.000Z 2019-05-27T00:00:00.000Z 2019-05-30T00:00:00.000Z 2019-05-30T12:00:00.000Z 2019-05-30T13:00:00.000Z",
		"ALL":   "2019-01-01T00:00:00.000Z 2019-04-01T00:00:00.000Z 2019-05-01T00:00:00.000Z",
		"NONE":  "",
	} {
		g, err := druid.ParseGranularity(preferred)
		if err != nil {
			t.Fatal(err)
		}
		var starts []string
		for _, b := range bucketsOf(g, at) {
			if !b.Holds(at) {
				t.Errorf("%s: got %s, which does not hold the row", preferred, b)
			}
			starts = append(starts, b.Start.String())
		}
		if got := strings.Join(starts, " "); !strings.HasPrefix(got, want) || want == "" && got != "" {
			t.Errorf("%s: got %s, want %s …", preferred, got, want)
		}
	}
}
