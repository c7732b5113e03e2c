package query

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"oakmoot/internal/druid"
)

// oneWay are parts of queries whose answers are only for users: no server reads them
// again, for the reason given.
var oneWay = map[string]string{
	`"type":"longFirst"`: "a first or last is finished, its time is gone",
	`"grandTotal":true`:  "the total is no bucket",
}

func isOneWay(query string) bool {
	for part := range oneWay {
		if strings.Contains(query, part) {
			return true
		}
	}
	return false
}

// What Druid answers is read and merged as a broker does it, and written again to the
// byte.
func TestAnswersOfJavaSurviveReadingAndWriting(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "java-answers.txt"))
	if err != nil {
		t.Fatal(err)
	}
	read := map[string]int{}
	for line := range strings.Lines(string(data)) {
		text, want, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if isOneWay(text) && !strings.Contains(text, `"finalize":false`) {
			continue
		}
		q, err := Parse([]byte(text))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		r, err := q.Decode([]byte(want))
		if err != nil {
			t.Errorf("%s\nanswer not read: %v", text, err)
			continue
		}
		read[q.Type]++
		if got, err := q.Encode(q.Merge(r)); err != nil || string(got) != want {
			t.Errorf("%s\ngot  %s %v\nwant %s", text, got, err, want)
		}
	}
	for _, kind := range []string{"timeseries", "topN", "timeBoundary", "segmentMetadata", "scan"} {
		if read[kind] == 0 {
			t.Errorf("no answer of a %s was read", kind)
		}
	}
}

func TestAnswersThatCannotBeReadAreErrors(t *testing.T) {
	const (
		timeseries = `{"queryType":"timeseries","dataSource":"d","granularity":"all","intervals":["2014-01-01/P1D"],"aggregations":[{"type":"longSum","name":"n","fieldName":"n"}]}`
		topN       = `{"queryType":"topN","dataSource":"d","granularity":"all","intervals":["2014-01-01/P1D"],"dimension":"page","metric":"n","threshold":2,"aggregations":[{"type":"longSum","name":"n","fieldName":"n"}]}`
		boundary   = `{"queryType":"timeBoundary","dataSource":"d"}`
		metadata   = `{"queryType":"segmentMetadata","dataSource":"d"}`
		scan       = `{"queryType":"scan","dataSource":"d","intervals":["2014-01-01/P1D"]}`
	)
	for _, tt := range []struct{ query, answer, want string }{
		{timeseries, `[{"timestamp":"soon","result":{"n":1}}]`, "timeseries row"},
		{timeseries, `[{"timestamp":"2014-01-01","result":{"n":"many"}}]`, "n"},
		{timeseries, `[7]`, "timeseries row"},
		{topN, `[{"timestamp":"2014-01-01T00:00:00.000Z","result":[{"page":7,"n":1}]}]`, "page"},
		{topN, `[7]`, "topN row"},
		{boundary, `[{"result":{"minTime":"soon"}}]`, "timeBoundary"},
		{boundary, `[7]`, "timeBoundary"},
		{metadata, `[{"numRows":"many"}]`, "segmentMetadata"},
		{scan, `[{"events":7}]`, "scan"},
		{scan, `{"no":"list"}`, ""},
		{scan, `[`, ""},
	} {
		q, err := Parse([]byte(tt.query))
		if err != nil {
			t.Fatalf("%s: %v", tt.query, err)
		}
		if r, err := q.Decode([]byte(tt.answer)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s of a %s: got %v %v, want an error about %q", tt.answer, q.Type, r, err, tt.want)
		}
	}
}

// A server is sent the query as it came, with the segments to read, and without what
// concerns only the broker.
func TestQueryForAServerNamesItsSegments(t *testing.T) {
	day := druid.Interval{Start: start, End: start + 86_400_000}
	segments := []Descriptor{{Interval: day, Version: "v1", Partition: 3}}
	const named = `"intervals":{"type":"segments","segments":[{"itvl":"2014-01-01T00:00:00.000Z/2014-01-02T00:00:00.000Z","ver":"v1","part":3}]}`
	for _, text := range []string{
		`{"queryType":"scan","dataSource":"d","intervals":["2013/2015"]}`,
		`{"queryType":"timeseries","dataSource":"d","granularity":"all","intervals":"2013/2015","aggregations":[]}`,
		`{"queryType":"timeBoundary","dataSource":"d"}`,
	} {
		q, err := Parse([]byte(text))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		body, err := q.ForSegments(segments)
		if err != nil || !strings.Contains(string(body), named) {
			t.Errorf("%s\ngot  %s %v\nwant %s in it", text, body, err, named)
			continue
		}
		again, err := Parse(body)
		if err != nil {
			t.Errorf("%s: what a server is sent is refused: %v", body, err)
			continue
		}
		if len(again.Descriptors) != 1 || again.Descriptors[0] != segments[0] {
			t.Errorf("%s: got segments %v, want %v", body, again.Descriptors, segments)
		}
	}
}
