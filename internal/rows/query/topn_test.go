package query

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/segment"
)

// TestTopNOrdersAreThoseOfDruid has what a cluster of Druid 0.14.0 answered for these
// rows: a row with an empty list is in none, and null comes first, even when inverted.
func TestTopNOrdersAreThoseOfDruid(t *testing.T) {
	lists := [][]string{{"b", "a"}, {}, {""}, {"c"}, {"", "d"}, {"b"}, {"b", "b"}}
	words := [][]string{{"😀"}, {"\uFFFD"}, {"e\u0301"}, {"é"}, {"Z"}}
	for _, test := range []struct {
		rows         [][]string
		metric, want string
	}{
		{lists, `{"type":"dimension"}`, "[ 20] [a 1] [b 161] [c 8] [d 16]"},
		{lists, `"n"`, "[b 161] [ 20] [d 16] [c 8] [a 1]"},
		{lists, `{"type":"inverted","metric":{"type":"dimension"}}`, "[ 20] [d 16] [c 8] [b 161] [a 1]"},
		{words, `{"type":"dimension","ordering":"lexicographic"}`, "[Z 16] [e\u0301 4] [é 8] [\uFFFD 2] [😀 1]"},
		{words, `{"type":"dimension","ordering":"strlen"}`, "[Z 16] [é 8] [\uFFFD 2] [e\u0301 4] [😀 1]"},
	} {
		times, n := make([]int64, len(test.rows)), make(segment.LongColumn, len(test.rows))
		for i := range n {
			n[i] = 1 << i
		}
		day := druid.Interval{Start: 0, End: 86_400_000}
		s, err := segment.New(day, times, []segment.Field{{Name: "m", Column: segment.NewMultiStringColumn(test.rows)}},
			[]segment.Field{{Name: "n", Column: n}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		text := answer(t, `{"queryType":"topN","dataSource":"w","dimension":"m","threshold":100,"metric":`+test.metric+
			`,"granularity":"all","intervals":["1900/2100"],"aggregations":[{"type":"longSum","name":"n","fieldName":"n"}]}`,
			Part{ID: druid.SegmentID{DataSource: "w", Interval: day, Version: "v"}, Interval: day, Segment: s})
		var rows []struct {
			Result []struct {
				M string
				N int
			}
		}
		if err := json.Unmarshal([]byte(text), &rows); err != nil || len(rows) != 1 {
			t.Fatalf("%s: %s, %v", test.metric, text, err)
		}
		var got []string
		for _, e := range rows[0].Result {
			got = append(got, fmt.Sprintf("[%s %d]", e.M, e.N))
		}
		if got := strings.Join(got, " "); got != test.want {
			t.Errorf("%s: got %s, want %s", test.metric, got, test.want)
		}
	}
}

func TestTimesOfBucketsAreInTheirZone(t *testing.T) {
	got := answer(t, `{"queryType":"timeseries","dataSource":"flights","granularity":{"type":"period","period":"P1D","timeZone":"Asia/Kolkata"},`+
		`"intervals":["2014-01-01/2014-01-02"],"aggregations":[{"type":"count","name":"n"}]}`, flights(t))
	if want := `[{"timestamp":"2014-01-01T00:00:00.000+05:30","result":{"n":40}}]`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
