package query

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/segment"
)

const start = 1_388_534_400_000 // 2014-01-01

// hours is the part of datasource wiki for one hour of the day, with a row a minute.
func hours(t testing.TB, hour, rows int) Part {
	t.Helper()
	interval := druid.Interval{Start: druid.Timestamp(start + hour*3_600_000), End: druid.Timestamp(start + (hour+1)*3_600_000)}
	times, page := make([]int64, rows), make([]string, rows)
	count, size := make(segment.LongColumn, rows), make(segment.DoubleColumn, rows)
	for i := range rows {
		times[i] = int64(interval.Start) + int64(i)*3_600_000/int64(rows)
		page[i] = fmt.Sprint("p", (hour+i)%5)
		count[i], size[i] = int64(i%7), float64(i%3)+float64(hour)
	}
	s, err := segment.New(interval, times, []segment.Field{{Name: "page", Column: segment.NewStringColumn(page)}},
		[]segment.Field{{Name: "count", Column: count}, {Name: "size", Column: size}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return Part{ID: druid.SegmentID{DataSource: "wiki", Interval: interval, Version: "v", Partition: 0}, Interval: interval, Segment: s}
}

var wikiQueries = []string{
	`{"queryType":"timeseries","dataSource":"wiki","granularity":"all","intervals":"2014-01-01/P1D","aggregations":[{"type":"count","name":"rows"},{"type":"doubleSum","name":"size","fieldName":"size"}],"postAggregations":[{"type":"arithmetic","name":"avg","fn":"/","fields":[{"type":"fieldAccess","fieldName":"size"},{"type":"fieldAccess","fieldName":"rows"}]}]}`,
	`{"queryType":"timeseries","dataSource":"wiki","granularity":"fifteen_minute","intervals":["2014-01-01T00:10/2014-01-01T02:20"],"descending":true,"aggregations":[{"type":"longMax","name":"m","fieldName":"count"},{"type":"longFirst","name":"f","fieldName":"count"},{"type":"floatLast","name":"l","fieldName":"size"},{"type":"doubleMin","name":"n","fieldName":"size"}],"filter":{"type":"in","dimension":"page","values":["p1","p2"]}}`,
	`{"queryType":"timeseries","dataSource":"wiki","granularity":"hour","intervals":["2014-01-01/P1D"],"context":{"skipEmptyBuckets":"true"},"aggregations":[{"type":"filtered","filter":{"type":"selector","dimension":"page","value":"p0"},"aggregator":{"type":"count","name":"rows"}}]}`,
	`{"queryType":"timeseries","dataSource":"wiki","granularity":"day","intervals":["2014-01-01/P1D","2013-01-01/2013-01-02"],"limit":1,"aggregations":[{"type":"count","name":"rows"}]}`,
	`{"queryType":"topN","dataSource":"wiki","granularity":"hour","intervals":["2014-01-01/P1D"],"dimension":"page","metric":"size","threshold":2,"aggregations":[{"type":"doubleSum","name":"size","fieldName":"size"},{"type":"longLast","name":"l","fieldName":"count"}]}`,
	`{"queryType":"topN","dataSource":"wiki","granularity":"all","intervals":["2014-01-01/P1D"],"dimension":"page","metric":{"type":"inverted","metric":"rows"},"threshold":3,"aggregations":[{"type":"count","name":"rows"}]}`,
	`{"queryType":"timeBoundary","dataSource":"wiki"}`,
	`{"queryType":"timeBoundary","dataSource":"wiki","bound":"maxTime","filter":{"type":"selector","dimension":"page","value":"p3"}}`,
	`{"queryType":"segmentMetadata","dataSource":"wiki","merge":true}`,
	`{"queryType":"segmentMetadata","dataSource":"wiki","analysisTypes":["size","cardinality"]}`,
	`{"queryType":"scan","dataSource":"wiki","intervals":["2014-01-01/P1D"],"limit":70,"batchSize":30,"columns":["__time","page"]}`,
	`{"queryType":"scan","dataSource":"wiki","intervals":["2014-01-01T00:59/2014-01-01T02:01"],"resultFormat":"compactedList"}`,
}

// overServers answers as a broker does: each server gets the query for its segments,
// and their answers are merged.
func overServers(t testing.TB, query string, servers ...[]Part) string {
	t.Helper()
	q, err := Parse([]byte(query))
	if err != nil {
		t.Fatal(err)
	}
	var results []Result
	for _, parts := range servers {
		var names []Descriptor
		for _, p := range parts {
			visible := p.Interval
			if len(q.Intervals) == 1 && q.Intervals[0] != druid.Eternity {
				visible = druid.Interval{Start: max(visible.Start, q.Intervals[0].Start), End: min(visible.End, q.Intervals[0].End)}
			}
			names = append(names, Descriptor{visible, p.ID.Version, p.ID.Partition})
		}
		body, err := q.ForSegments(names)
		if err != nil {
			t.Fatal(err)
		}
		result, err := q.Decode([]byte(served(t, body, parts)))
		if err != nil {
			t.Fatal(err)
		}
		results = append(results, result)
	}
	b, err := q.Encode(q.Merge(results...))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// served answers as a data server does, from the segments that the query names.
func served(t testing.TB, body []byte, parts []Part) string {
	t.Helper()
	q, err := Parse(body)
	if err != nil {
		t.Fatalf("the query for a server: %v", err)
	}
	var named []Part
	for i, d := range q.Descriptors {
		p := parts[i]
		p.Interval = d.Interval
		named = append(named, p)
	}
	return answer(t, string(body), named...)
}

func TestServersAnswerTogetherWhatOneWouldAlone(t *testing.T) {
	parts := []Part{hours(t, 0, 60), hours(t, 1, 60), hours(t, 2, 60)}
	for _, query := range wikiQueries {
		q, err := Parse([]byte(query))
		if err != nil {
			t.Fatal(err)
		}
		var touched []Part
		for _, p := range parts {
			if len(q.clip(p)) > 0 {
				touched = append(touched, p)
			}
		}
		want := answer(t, query, touched...)
		if got := overServers(t, query, touched[:1], touched[1:]); got != want {
			t.Errorf("%s\ntogether %s\nalone    %s", query, got, want)
		}
	}
}

func TestSameQueryForOneServerKeepsItsOtherKeys(t *testing.T) {
	q, err := Parse([]byte(`{"queryType":"timeBoundary","context":{"queryId":"x","timeout":5},"dataSource":{"type":"table","name":"wiki"},"bound":"maxTime"}`))
	if err != nil {
		t.Fatal(err)
	}
	got, err := q.ForSegments([]Descriptor{{druid.Interval{Start: 0, End: 1000}, "v1", 2}})
	want := `{"queryType":"timeBoundary","dataSource":{"type":"table","name":"wiki"},"bound":"maxTime",` +
		`"intervals":{"type":"segments","segments":[{"itvl":"1970-01-01T00:00:00.000Z/1970-01-01T00:00:01.000Z","ver":"v1","part":2}]},` +
		`"context":{"finalize":false,"queryId":"x","timeout":5}}`
	if err != nil || string(got) != want {
		t.Errorf("got %s (%v), want %s", got, err, want)
	}
	if q.ID() != "x" {
		t.Errorf("query id: got %q, want x", q.ID())
	}
	again, err := Parse(got)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Descriptor{{druid.Interval{Start: 0, End: 1000}, "v1", 2}}, again.Descriptors); diff != "" {
		t.Errorf("descriptors differ (-want +got):\n%s", diff)
	}
}

func TestDataSourcesAndIntervals(t *testing.T) {
	interval := func(from, to int64) druid.Interval {
		return druid.Interval{Start: druid.Timestamp(from), End: druid.Timestamp(to)}
	}
	cases := []struct {
		name, source, intervals string
		sources                 []string
		want                    []druid.Interval
	}{
		{"name and none", `"a"`, `null`, []string{"a"}, []druid.Interval{druid.Eternity}},
		{"table and list", `{"type":"table","name":"a"}`, `["1970-01-01T00:00:02/1970-01-01T00:00:03","1970-01-01T00:00:01/PT1S"]`, []string{"a"}, []druid.Interval{interval(1000, 3000)}},
		{"union and two apart", `{"type":"union","dataSources":["a",{"type":"table","name":"b"}]}`, `"1970-01-01T00:00:05/PT1S,1970-01-01T00:00:01/PT1S"`, []string{"a", "b"}, []druid.Interval{interval(1000, 2000), interval(5000, 6000)}},
		{"object", `"a"`, `{"type":"intervals","intervals":["1970-01-01T00:00:01/PT1S"]}`, []string{"a"}, []druid.Interval{interval(1000, 2000)}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			q, err := Parse([]byte(`{"queryType":"timeBoundary","dataSource":` + c.source + `,"intervals":` + c.intervals + `}`))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.sources, q.DataSources); diff != "" {
				t.Errorf("datasources differ (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.want, q.Intervals); diff != "" {
				t.Errorf("intervals differ (-want +got):\n%s", diff)
			}
		})
	}
	for _, source := range []string{`{"type":"query","query":{}}`, `{"type":"union","dataSources":[]}`, `5`} {
		if _, err := Parse([]byte(`{"queryType":"timeBoundary","dataSource":` + source + `}`)); err == nil {
			t.Errorf("datasource %s: got no error", source)
		}
	}
}

func TestErrorOfAServerIsPassedOn(t *testing.T) {
	q, err := Parse([]byte(`{"queryType":"timeBoundary","dataSource":"wiki"}`))
	if err != nil {
		t.Fatal(err)
	}
	body := `{"error":"Query timeout","errorMessage":"too slow","errorClass":"java.util.concurrent.TimeoutException","host":"h:1"}`
	_, err = q.Decode([]byte(body))
	var got *Error
	if !errors.As(err, &got) {
		t.Fatalf("got %v, want an *Error", err)
	}
	again, err := json.Marshal(got)
	if err != nil || string(again) != body {
		t.Errorf("got %s (%v), want %s", again, err, body)
	}
	for _, damaged := range []string{``, `{}`, `[{"result":{"minTime":"x"}}]`, `[5]`, `hello`} {
		if _, err := q.Decode([]byte(damaged)); err == nil {
			t.Errorf("%s: got no error", damaged)
		}
	}
}

func TestMissingSegmentsAreReported(t *testing.T) {
	got, err := ResponseContext([]Descriptor{{druid.Interval{Start: 0, End: 1000}, "v1", 0}})
	want := `{"missingSegments":[{"itvl":"1970-01-01T00:00:00.000Z/1970-01-01T00:00:01.000Z","ver":"v1","part":0}]}`
	if err != nil || got != want {
		t.Errorf("got %s (%v), want %s", got, err, want)
	}
	if got, err := ResponseContext(nil); err != nil || got != "{}" {
		t.Errorf("none missing: got %s (%v), want {}", got, err)
	}
}

func TestQueriesHaveLimits(t *testing.T) {
	q, err := Parse([]byte(`{"queryType":"timeseries","dataSource":"wiki","granularity":"none","intervals":"2014-01-01/P1D"}`))
	if err != nil {
		t.Fatal(err)
	}
	first, last := hours(t, 0, 1), hours(t, 23, 1)
	day, err := segment.New(druid.Interval{Start: first.Interval.Start, End: last.Interval.End},
		[]int64{first.Segment.Times()[0], last.Segment.Times()[0]}, nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = q.Run(t.Context(), []Part{{ID: first.ID, Interval: day.Interval(), Segment: day}})
	var got *Error
	if !errors.As(err, &got) || got.Code != ResourceLimit {
		t.Errorf("a bucket for each millisecond of a day: got %v, want %s", err, ResourceLimit)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := q.Run(ctx, []Part{first}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}

func TestQueriesThatAreNotSupportedSaySo(t *testing.T) {
	const series = `{"queryType":"timeseries","dataSource":"wiki","granularity":"all","intervals":"2014-01-01/P1D",`
	for _, query := range []string{
		`{"queryType":"groupBy","dataSource":"wiki"}`,
		series + `"aggregations":[{"type":"hyperUnique","name":"x","fieldName":"y"}]}`,
		series + `"postAggregations":[{"type":"javascript","name":"x"}]}`,
		series + `"filter":{"type":"selector","dimension":"x","value":"y","extractionFn":{"type":"upper"}}}`,
		series + `"virtualColumns":[{"type":"expression","name":"v","expression":"1","outputType":"LONG"}]}`,
		`{"queryType":"scan","dataSource":"wiki","resultFormat":"valueVector"}`,
	} {
		if _, err := Parse([]byte(query)); err == nil || !strings.Contains(err.Error(), "not supported") {
			t.Errorf("%s: got %v, want that it is not supported", query, err)
		}
	}
}

// TestFiltersHoldRowByRow compares each filter's bitmap with its predicate applied to
// every row.
func TestFiltersHoldRowByRow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.SampledFrom([]string{"", "a", "b", "ab", "10", "9", "é"})
		rows := rapid.SliceOfN(rapid.SliceOfN(value, 1, 3), 1, 50).Draw(t, "rows")
		s, err := segment.New(druid.Interval{Start: 0, End: 1}, make([]int64, len(rows)),
			[]segment.Field{{Name: "d", Column: segment.NewMultiStringColumn(rows)}}, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		raw := rapid.SampledFrom([]string{
			`{"type":"selector","dimension":"d","value":"a"}`, `{"type":"in","dimension":"d","values":["b",null,"zz"]}`,
			`{"type":"bound","dimension":"d","lower":"9","upper":"ab"}`, `{"type":"bound","dimension":"d","upper":"9.5","ordering":"numeric"}`,
			`{"type":"like","dimension":"d","pattern":"a%"}`, `{"type":"regex","dimension":"d","pattern":"^[0-9]+$"}`,
		}).Draw(t, "filter")
		f, err := parseFilter(json.RawMessage(raw))
		if err != nil {
			t.Fatal(err)
		}
		got := f.rows(s)
		inverse := not{f}.rows(s)
		for i, values := range rows {
			want := false
			for _, v := range values {
				want = want || f.(column).match.text(v)
			}
			if got.Contains(uint32(i)) != want || inverse.Contains(uint32(i)) == want {
				t.Errorf("%s on %q: got %t, want %t", raw, values, !want, want)
			}
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, q := range wikiQueries {
		f.Add([]byte(q))
	}
	f.Add([]byte(`{"queryType":"timeBoundary","dataSource":"a","intervals":{"type":"segments","segments":[{"itvl":"2014/2015","ver":"v","part":0}]}}`))
	part := hours(f, 0, 10)
	f.Fuzz(func(t *testing.T, body []byte) {
		q, err := Parse(body)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v, want an *Error", err)
			}
			return
		}
		r, err := q.Run(t.Context(), []Part{part})
		if err != nil {
			return
		}
		if b, err := q.Encode(q.Merge(r, r)); err != nil || !json.Valid(b) {
			t.Fatalf("answer %s (%v) is not JSON", b, err)
		}
	})
}

func BenchmarkTimeseries20k(b *testing.B) {
	part := hours(b, 0, 20_000)
	for name, filter := range map[string]string{"all": `null`, "selector": `{"type":"selector","dimension":"page","value":"p1"}`} {
		b.Run(name, func(b *testing.B) {
			q, err := Parse([]byte(`{"queryType":"timeseries","dataSource":"wiki","granularity":"minute","intervals":"2014-01-01/P1D","filter":` + filter +
				`,"aggregations":[{"type":"count","name":"rows"},{"type":"longSum","name":"count","fieldName":"count"},{"type":"doubleSum","name":"size","fieldName":"size"}]}`))
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := q.Run(b.Context(), []Part{part}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
