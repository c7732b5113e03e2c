package dataserver

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/query"
	column "oakmoot/internal/rows/segment"
)

var start = druid.At(time.Date(2019, 1, 1, 0, 0, 0, 0, time.UTC))

const day = 86_400_000

// rows is a table with the first so many rows of an interval.
type rows struct{ *column.Segment }

func (r rows) Tables() ([]query.Queryable, error) { return []query.Queryable{r.Segment}, nil }

func rowsOf(t *testing.T, i druid.Interval, n int) rows {
	t.Helper()
	times := make([]int64, n)
	for k := range times {
		times[k] = int64(i.Start) + int64(k)*3_600_000
	}
	s, err := column.New(i, times, nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return rows{s}
}

// segment is a segment of so many days, starting with day.
func segment(from, days int, version string) druid.DataSegment {
	i := druid.Interval{Start: start + druid.Timestamp(from)*day, End: start + druid.Timestamp(from+days)*day}
	return druid.DataSegment{DataSource: "wiki", Interval: i, Version: version, ShardSpec: druid.NoneShardSpec()}
}

// count counts rows with a query.
func count(t *testing.T, s *Segments, dataSource, intervals string) (int, []query.Descriptor) {
	t.Helper()
	q, err := query.Parse([]byte(`{"queryType":"timeseries","dataSource":` + dataSource + `,"granularity":"all","intervals":` + intervals +
		`,"aggregations":[{"type":"count","name":"rows"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := s.Answer(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	body, err := q.Encode(answer.Result)
	if err != nil {
		t.Fatal(err)
	}
	var got []struct{ Result struct{ Rows int } }
	if err := json.Unmarshal(body, &got); err != nil || len(got) > 1 {
		t.Fatalf("answer: got %s %v, want one result", body, err)
	}
	if len(got) == 0 {
		return 0, answer.Missing
	}
	return got[0].Result.Rows, answer.Missing
}

func TestIntervalsShowTheNewestVersion(t *testing.T) {
	var s Segments
	two, one := segment(0, 2, "v1"), segment(1, 1, "v2")
	s.Add(two, rowsOf(t, two.Interval, 30)) // 24 on the first day
	s.Add(one, rowsOf(t, one.Interval, 2))
	if got, _ := count(t, &s, `"wiki"`, `["2019/2020"]`); got != 26 {
		t.Errorf("rows: got %d, want 24 of v1 and 2 of v2", got)
	}
	s.Remove(one)
	if got, _ := count(t, &s, `"wiki"`, `["2019/2020"]`); got != 30 {
		t.Errorf("rows when v2 is gone: got %d, want 30", got)
	}
	s.Remove(two)
	s.Remove(two)
	if got, _ := count(t, &s, `"wiki"`, `["2019/2020"]`); got != 0 {
		t.Errorf("rows when all is gone: got %d, want 0", got)
	}
}

func TestDescriptorsNameSegmentsOrPartsOfThem(t *testing.T) {
	var s Segments
	two, one := segment(0, 2, "v1"), segment(1, 1, "v2")
	s.Add(two, rowsOf(t, two.Interval, 30))
	s.Add(one, rowsOf(t, one.Interval, 2))
	const whole, half, other = "2019-01-01/2019-01-03", "2019-01-02/2019-01-03", "2019-01-02/2019-01-04"
	tests := map[string]struct {
		interval, version string
		rows, missing     int
	}{
		"the whole, though another is newer": {whole, "v1", 30, 0},
		"a part":                             {half, "v1", 6, 0},
		"the newer":                          {half, "v2", 2, 0},
		"another version":                    {half, "v3", 0, 1},
		"more than there is":                 {other, "v1", 0, 1},
	}
	for name, tt := range tests {
		spec := `{"type":"segments","segments":[{"itvl":"` + tt.interval + `","ver":"` + tt.version + `","part":0}]}`
		got, missing := count(t, &s, `"wiki"`, spec)
		if got != tt.rows || len(missing) != tt.missing {
			t.Errorf("%s: got %d rows and %d missing, want %d and %d", name, got, len(missing), tt.rows, tt.missing)
		}
	}
	spec := `{"type":"segments","segments":[{"itvl":"` + whole + `","ver":"v1","part":0}]}`
	if _, missing := count(t, &s, `"nothing"`, spec); len(missing) != 1 {
		t.Errorf("unknown datasource: got %d missing, want 1", len(missing))
	}
}

func TestServedSegmentIsNotReplaced(t *testing.T) {
	var s Segments
	one := segment(0, 1, "v1")
	s.Add(one, rowsOf(t, one.Interval, 1))
	s.Add(one, rowsOf(t, one.Interval, 9))
	if got, _ := count(t, &s, `"wiki"`, `["2019/2020"]`); got != 1 {
		t.Errorf("rows: got %d, want the 1 of the first", got)
	}
}

// broken is a source whose rows cannot be read.
type broken struct{}

func (broken) Tables() ([]query.Queryable, error) { return nil, errors.New("no memory") }

func TestErrorOfASourceIsTheQuerys(t *testing.T) {
	var s Segments
	s.Add(segment(0, 1, "v1"), broken{})
	q, err := query.Parse([]byte(`{"queryType":"timeBoundary","dataSource":"wiki"}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Answer(t.Context(), q); err == nil || !strings.Contains(err.Error(), "no memory") {
		t.Errorf("got %v, want the source's error", err)
	}
}

func TestDataNodeServiceHoldsTheTypeTwice(t *testing.T) {
	got, err := DataNodeService(druid.ServerMetadata{Tier: "_default_tier", MaxSize: 100, Type: druid.TypeHistorical})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"type":"dataNodeService","tier":"_default_tier","maxSize":100,"type":"historical","priority":0}`
	if diff := cmp.Diff(want, string(got.JSON)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
