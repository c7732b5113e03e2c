package segment

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/disk"
)

// table is a segment's content, for comparison.
type table struct {
	Interval      druid.Interval
	Times         []int64
	Dims, Metrics []string
	Columns       map[string]any
	Metadata      *Metadata
}

func contents(s *Segment) table {
	t := table{s.interval, s.time, s.dims, s.metrics, map[string]any{}, s.metadata}
	for name, col := range s.columns {
		c, ok := col.(*StringColumn)
		if !ok {
			t.Columns[name] = col
			continue
		}
		rows := make([][]string, c.Len())
		for r := range rows {
			rows[r] = c.Strings(r)
		}
		sets := make(map[string][]uint32)
		for id := range c.Cardinality() {
			sets[c.Value(uint32(id))] = c.Bitmap(uint32(id)).ToArray()
		}
		t.Columns[name] = []any{rows, sets}
	}
	return t
}

func day(t *testing.T) druid.Interval {
	t.Helper()
	const start = 1_388_534_400_000 // 2014-01-01
	return druid.Interval{Start: start, End: start + 86_400_000}
}

// flights is a segment of n rows with a column of every kind.
func flights(t testing.TB, n int) *Segment {
	t.Helper()
	const start = 1_388_534_400_000
	times := make([]int64, n)
	origin, carrier := make([]string, n), make([]string, n)
	tags := make([][]string, n)
	count, delay, ratio := make(LongColumn, n), make(DoubleColumn, n), make(FloatColumn, n)
	for i := range n {
		times[i] = start + int64(i)*1000
		origin[i] = []string{"ORD", "SFO", "", "Zürich", "JFK"}[i%5]
		carrier[i] = fmt.Sprint("c", i%300)
		tags[i] = slices.Repeat([]string{"a"}, i%2)
		if i%3 == 0 {
			tags[i] = append(tags[i], "b", fmt.Sprint("t", i%7))
		}
		count[i], delay[i], ratio[i] = int64(i-5), float64(i)/3, float32(i)/7
	}
	rollup := true
	s, err := New(druid.Interval{Start: start, End: start + 86_400_000}, times,
		[]Field{{"origin", NewStringColumn(origin)}, {"tags", NewMultiStringColumn(tags)}, {"carrier", NewStringColumn(carrier)}},
		[]Field{{"count", count}, {"delay", delay}, {"ratio", ratio}},
		&Metadata{
			Container:        map[string]json.RawMessage{},
			Aggregators:      []json.RawMessage{json.RawMessage(`{"type":"longSum","name":"count","fieldName":"count","expression":null}`)},
			TimestampSpec:    json.RawMessage(`{"column":"ts","format":"auto","missingValue":null}`),
			QueryGranularity: json.RawMessage(`{"type":"none"}`),
			Rollup:           &rollup,
		})
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	return s
}

func reopened(t testing.TB, s *Segment, spec IndexSpec) *Segment {
	t.Helper()
	dir := t.TempDir()
	if err := s.Write(disk.OS{}, dir, spec); err != nil {
		t.Fatalf("Write: %v", err)
	}
	back, err := Open(disk.OS{}, dir)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	return back
}

func TestSegmentIsTheSameAfterWritingAndOpening(t *testing.T) {
	specs := []IndexSpec{
		{},
		{Bitmap: "roaring"},
		{DimensionCompression: "uncompressed", MetricCompression: "uncompressed"},
		{MetricCompression: "none"},
	}
	for _, spec := range specs {
		for _, n := range []int{0, 1, 2, 31, 62, 100} {
			t.Run(fmt.Sprintf("%+v rows %d", spec, n), func(t *testing.T) {
				s := flights(t, n)
				want := contents(s)
				got := contents(reopened(t, s, spec))
				if n < 2 { // dimensions without a value are not written
					got.Dims, want.Dims = nil, nil
					for _, name := range []string{"tags", "origin", "carrier"} {
						if _, ok := got.Columns[name]; !ok {
							delete(want.Columns, name)
						}
					}
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("segment differs (-written +opened):\n%s", diff)
				}
			})
		}
	}
}

// TestColumnsOfManyBlocksSurvive has more rows than fit into one block of longs,
// doubles, floats or offsets.
func TestColumnsOfManyBlocksSurvive(t *testing.T) {
	s := flights(t, 20_000)
	back := reopened(t, s, IndexSpec{})
	for _, name := range []string{TimeColumn, "count", "delay", "ratio"} {
		if !reflect.DeepEqual(s.Column(name), back.Column(name)) {
			t.Errorf("column %s is not the same", name)
		}
	}
	for _, name := range []string{"origin", "carrier", "tags"} {
		want, got := s.Column(name).(*StringColumn), back.Column(name).(*StringColumn)
		if !slices.Equal(want.dict, got.dict) || !slices.Equal(want.ids, got.ids) || !slices.Equal(want.offsets, got.offsets) {
			t.Errorf("column %s is not the same", name)
		}
		for id := range want.Cardinality() {
			if !want.Bitmap(uint32(id)).Equals(got.Bitmap(uint32(id))) {
				t.Errorf("column %s: the rows of %q are not the same", name, want.Value(uint32(id)))
			}
		}
	}
}

func TestExtremeNumbersSurvive(t *testing.T) {
	s, err := New(day(t), []int64{1, 2}, nil, []Field{
		{"l", LongColumn{math.MinInt64, math.MaxInt64}},
		{"d", DoubleColumn{math.Inf(-1), math.SmallestNonzeroFloat64}},
		{"f", FloatColumn{math.MaxFloat32, float32(math.Inf(1))}},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(contents(s), contents(reopened(t, s, IndexSpec{}))); diff != "" {
		t.Errorf("segment differs (-written +opened):\n%s", diff)
	}
}
