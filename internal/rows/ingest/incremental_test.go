package ingest

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/segment"
	"oakmoot/internal/run/disk"
)

// schemaOf returns a schema with a time in milliseconds, dimensions and metrics.
func schemaOf(dims, metrics, granularity string) string {
	return `{"dataSource":"wiki","parser":{"parseSpec":{"format":"json","timestampSpec":{"column":"t","format":"millis"},
		"dimensionsSpec":{"dimensions":[` + dims + `]}}},"metricsSpec":[` + metrics + `],"granularitySpec":` + granularity + `}`
}

const start = 1_388_534_400_000

func event(at int64, pairs ...any) map[string]any {
	e := map[string]any{"t": start + at}
	for i := 0; i < len(pairs); i += 2 {
		e[pairs[i].(string)] = pairs[i+1]
	}
	return e
}

// rowsOf formats a segment's rows.
func rowsOf(s *segment.Segment) []string {
	var out []string
	for row, at := range s.Times() {
		cells := []string{fmt.Sprint(at - start)}
		for _, name := range slices.Concat(s.Dimensions(), s.Metrics()) {
			cells = append(cells, fmt.Sprint(cell(s.Column(name), row)))
		}
		out = append(out, strings.Join(cells, " "))
	}
	return out
}

func snapshotOf(t testing.TB, x *Incremental) *segment.Segment {
	t.Helper()
	s, err := x.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const (
	counted = `{"type":"count","name":"n"},{"type":"longSum","name":"sum","fieldName":"v"}`
	rolled  = `{"queryGranularity":"MINUTE","rollup":true}`
	whole   = `{"queryGranularity":"NONE","rollup":false}`
)

func TestRowsOfTheIndex(t *testing.T) {
	cases := []struct {
		name, schema string
		events       []map[string]any
		dims         []string
		want         []string
	}{
		{"rollup joins rows of a minute with the same dimensions", schemaOf(`"page"`, counted, rolled),
			[]map[string]any{event(61_000, "page", "a", "v", 1), event(1000, "page", "a", "v", 2), event(2000, "page", "b", "v", 3), event(59_999, "page", "a", "v", "4")},
			[]string{"page"}, []string{"0 a 2 6", "0 b 1 3", "60000 a 1 1"}},
		{"without rollup rows are sorted and stay apart", schemaOf(`"page"`, counted, whole),
			[]map[string]any{event(5, "page", "b", "v", 1), event(5, "page", "a", "v", 2), event(5, "page", "a", "v", 3), event(1, "page", "c")},
			[]string{"page"}, []string{"1 c 1 0", "5 a 1 2", "5 a 1 3", "5 b 1 1"}},
		{"null and the empty string are one value, before all others", schemaOf(`"page"`, counted, rolled),
			[]map[string]any{event(0, "page", "a", "v", 1), event(0, "page", "", "v", 2), event(0, "v", 3), event(0, "page", nil, "v", 4)},
			[]string{"page"}, []string{"0  3 9", "0 a 1 1"}},
		{"multiple values are sorted", schemaOf(`"tags"`, counted, rolled),
			[]map[string]any{event(0, "tags", []any{"b", "a"}), event(0, "tags", []any{"a", "b"}), event(0, "tags", "z")},
			[]string{"tags"}, []string{"0 z 1 0", "0 [a b] 2 0"}},
		{"multiple values as a set and as they are",
			schemaOf(`{"type":"string","name":"set","multiValueHandling":"SORTED_SET"},{"type":"string","name":"list","multiValueHandling":"ARRAY"}`, counted, rolled),
			[]map[string]any{event(0, "set", []any{"b", "a", "b"}, "list", []any{"b", "a", "b"})},
			[]string{"set", "list"}, []string{"0 [a b] [b a b] 1 0"}},
		{"typed dimensions", schemaOf(`{"type":"long","name":"l"},{"type":"double","name":"d"},{"type":"float","name":"f"}`, counted, rolled),
			[]map[string]any{event(0, "l", "7", "d", 1.5, "f", 0.25), event(0, "l", -1), event(0, "l", 7.9, "d", "1.5", "f", "0.25")},
			[]string{"l", "d", "f"}, []string{"0 -1 0 0 1 0", "0 7 1.5 0.25 2 0"}},
		{"dimensions that are discovered", schemaOf(``, counted, rolled),
			[]map[string]any{event(0, "b", "1"), event(0, "a", "2", "b", "1"), event(0, "b", "1", "v", 5)},
			[]string{"b", "a"}, []string{"0 1  2 5", "0 1 2 1 0"}},
		{"all aggregators, in order of name", schemaOf(`"k"`, strings.Join([]string{agg("longMin"), agg("longMax"), agg("doubleSum"), agg("doubleMin"), agg("doubleMax"),
			agg("floatSum"), agg("floatMin"), agg("floatMax"), agg("longFirst"), agg("longLast"), agg("doubleFirst"), agg("floatLast")}, ","), rolled),
			[]map[string]any{event(2, "v", 2.5), event(1, "v", 1.5), event(3, "v", -4.5), event(3, "v", 3.5)},
			[]string{"k"}, []string{"0  1.5 3.5 -4.5 3 3.5 3.5 -4.5 3 1 3 3 -4"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := snapshotOf(t, indexOf(t, c.schema, c.events...))
			if diff := cmp.Diff(c.dims, s.Dimensions()); diff != "" {
				t.Errorf("dimensions differ (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.want, rowsOf(s)); diff != "" {
				t.Errorf("rows differ (-want +got):\n%s", diff)
			}
		})
	}
}

func agg(kind string) string {
	return `{"type":"` + kind + `","name":"` + kind + `","fieldName":"v"}`
}

func TestUnreadableNumberCountsAsZeroAndIsReported(t *testing.T) {
	x := indexOf(t, schemaOf(`"page"`, counted, rolled))
	err := x.Add(Row{Time: start, Event: map[string]any{"v": "many"}})
	var pe *ParseError
	if !errors.As(err, &pe) || !strings.Contains(err.Error(), "Unable to parse value[many] for field[v]") {
		t.Errorf("got error %v, want a ParseError that names value and field", err)
	}
	if diff := cmp.Diff([]string{"0  1 0"}, rowsOf(snapshotOf(t, x))); diff != "" {
		t.Errorf("rows differ (-want +got):\n%s", diff)
	}
}

func TestRowOutsideTheIntervalIsRefused(t *testing.T) {
	x := indexOf(t, schemaOf(`"page"`, counted, rolled))
	for _, at := range []druid.Timestamp{start - 1, start + 86_400_000} {
		if err := x.Add(Row{Time: at}); err == nil {
			t.Errorf("row at %s: got no error", at)
		}
	}
	if x.Rows() != 0 {
		t.Errorf("got %d rows, want 0", x.Rows())
	}
}

func TestSnapshotStaysAsItIs(t *testing.T) {
	x := indexOf(t, schemaOf(`"page"`, counted, rolled), event(0, "page", "a", "v", 1))
	before := snapshotOf(t, x)
	if again := snapshotOf(t, x); again != before {
		t.Error("an unchanged index gave a second snapshot")
	}
	bytes := x.Bytes()
	for _, page := range []string{"a", "0", "b"} {
		if err := x.Add(Row{Time: start, Dimensions: []string{"page"}, Event: event(0, "page", page, "v", int64(1))}); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{"0 a 1 1"}, rowsOf(before)); diff != "" {
		t.Errorf("the snapshot changed (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"0 0 1 1", "0 a 2 2", "0 b 1 1"}, rowsOf(snapshotOf(t, x))); diff != "" {
		t.Errorf("rows differ (-want +got):\n%s", diff)
	}
	if x.Bytes() <= bytes {
		t.Errorf("got %d bytes after more rows, want more than %d", x.Bytes(), bytes)
	}
}

func TestSnapshotsWhileRowsCome(t *testing.T) {
	x := indexOf(t, schemaOf(`"page"`, counted, whole))
	var group sync.WaitGroup
	group.Go(func() {
		for i := range 500 {
			if err := x.Add(Row{Time: start, Dimensions: []string{"page"}, Event: event(0, "page", fmt.Sprint(i%7), "v", int64(1))}); err != nil {
				t.Error(err)
			}
		}
	})
	group.Go(func() {
		for last := 0; last < 500; {
			s, err := x.Snapshot()
			if err != nil || s.Rows() < last {
				t.Errorf("got %d rows (%v), want at least %d", s.Rows(), err, last)
				return
			}
			last = s.Rows()
		}
	})
	group.Wait()
}

func TestMergeAggregatesAgain(t *testing.T) {
	schema := schemaOf(``, counted, rolled)
	dirs := make([]string, 3)
	for i, events := range [][]map[string]any{
		{event(0, "page", "a", "v", 1), event(0, "page", "b", "v", 2)},
		{event(0, "page", "a", "v", 3), event(60_000, "page", "a", "user", "u", "v", 4)},
		{event(0, "page", []any{"x", "a"}, "v", 5)},
	} {
		dirs[i] = filepath.Join(t.TempDir(), fmt.Sprint(i))
		if err := indexOf(t, schema, events...).Persist(disk.OS{}, dirs[i], segment.IndexSpec{}); err != nil {
			t.Fatal(err)
		}
	}
	s, err := ParseSchema([]byte(schema))
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		rollup bool
		want   []string
	}{
		{true, []string{"0 a  2 4", "0 b  1 2", "0 [a x]  1 5", "60000 a u 1 4"}},
		{false, []string{"0 a  1 1", "0 a  1 3", "0 b  1 2", "0 [a x]  1 5", "60000 a u 1 4"}},
	}
	for _, c := range cases {
		out := t.TempDir()
		merged, err := Merge(disk.OS{}, dirs, s.Aggregators, c.rollup, out, segment.IndexSpec{})
		if err != nil {
			t.Fatal(err)
		}
		back, err := segment.Open(disk.OS{}, out)
		if err != nil {
			t.Fatal(err)
		}
		for what, got := range map[string]*segment.Segment{"returned": merged, "written": back} {
			if diff := cmp.Diff(c.want, rowsOf(got)); diff != "" {
				t.Errorf("rollup %t: %s rows differ (-want +got):\n%s", c.rollup, what, diff)
			}
		}
	}
}

func TestMergeRefusesWhatDoesNotFit(t *testing.T) {
	text, number := filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "b")
	for dir, dim := range map[string]string{text: `"x"`, number: `{"type":"long","name":"x"}`} {
		if err := indexOf(t, schemaOf(dim, counted, rolled), event(0, "x", "1")).Persist(disk.OS{}, dir, segment.IndexSpec{}); err != nil {
			t.Fatal(err)
		}
	}
	users := filepath.Join("..", "segment", "testdata", "java", "concise-lz4")
	for name, dirs := range map[string][]string{
		"nothing": nil, "types that differ": {text, number}, "a missing part": {text, "nowhere"}, "complex columns": {users},
	} {
		if _, err := Merge(disk.OS{}, dirs, nil, true, t.TempDir(), segment.IndexSpec{}); err == nil {
			t.Errorf("%s: got no error", name)
		}
	}
}

func TestDimensionsOfAMergeKeepACommonOrder(t *testing.T) {
	cases := []struct {
		parts [][]string
		want  []string
	}{
		{[][]string{{"c", "a"}, {"c", "b", "a"}, {"b"}}, []string{"c", "b", "a"}},
		{[][]string{{"c", "a"}, {"a", "c", "b"}}, []string{"a", "b", "c"}},
		{[][]string{{"z"}, {"b"}}, []string{"b", "z"}},
	}
	for _, c := range cases {
		var parts []*segment.Segment
		for _, names := range c.parts {
			var dims []segment.Field
			for _, name := range names {
				dims = append(dims, segment.Field{Name: name, Column: segment.NewStringColumn([]string{"x"})})
			}
			s, err := segment.New(druid.Interval{Start: 0, End: 10}, []int64{1}, dims, nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			parts = append(parts, s)
		}
		merged, err := MergeSegments(parts, nil, true)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, merged.Dimensions()); diff != "" {
			t.Errorf("%v: dimensions differ (-want +got):\n%s", c.parts, diff)
		}
	}
}

// TestPartsMakeTheSameAsTheWhole splits rows at random, persists, merges, and compares
// with one index of all rows.
func TestPartsMakeTheSameAsTheWhole(t *testing.T) {
	dir := t.TempDir()
	round := 0
	rapid.Check(t, func(r *rapid.T) {
		round++
		schema := schemaOf(`"a","b"`, counted, `{"queryGranularity":"SECOND","rollup":`+fmt.Sprint(rapid.Bool().Draw(r, "rollup"))+`}`)
		value := rapid.SampledFrom([]any{"", "x", "y", "é", []any{"x", "y"}, nil})
		events := rapid.SliceOfN(rapid.Custom(func(r *rapid.T) map[string]any {
			return event(rapid.Int64Range(0, 4000).Draw(r, "at"), "a", value.Draw(r, "a"), "b", value.Draw(r, "b"), "v", int(rapid.Int8().Draw(r, "v")))
		}), 1, 30).Draw(r, "events")
		cut := rapid.IntRange(0, len(events)).Draw(r, "cut")
		x := indexOf(t, schema, clones(events)...)
		parts := []string{filepath.Join(dir, fmt.Sprint(round, "a")), filepath.Join(dir, fmt.Sprint(round, "b"))}
		for i, some := range [][]map[string]any{events[:cut], events[cut:]} {
			if err := indexOf(t, schema, clones(some)...).Persist(disk.OS{}, parts[i], segment.IndexSpec{}); err != nil {
				r.Fatal(err)
			}
		}
		merged, err := Merge(disk.OS{}, parts, x.schema.Aggregators, x.schema.Rollup, filepath.Join(dir, fmt.Sprint(round)), segment.IndexSpec{})
		if err != nil {
			r.Fatal(err)
		}
		got, want := rowsOf(merged), rowsOf(snapshotOf(t, x))
		if len(merged.Dimensions()) < 2 { // one that is always null is not written
			return
		}
		slices.Sort(got)
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" {
			r.Errorf("rows differ (-whole +merged):\n%s", diff)
		}
	})
}

func clones(events []map[string]any) []map[string]any {
	out := make([]map[string]any, len(events))
	for i, e := range events {
		out[i] = maps.Clone(e)
	}
	return out
}

func BenchmarkPersist20k(b *testing.B) {
	x := indexOf(b, schemaOf(`"origin","carrier"`, counted, whole))
	for i := range 20_000 {
		e := event(int64(i), "origin", fmt.Sprint("o", i%300), "carrier", fmt.Sprint("c", i%15), "v", int64(i))
		if err := x.Add(Row{Time: druid.Timestamp(start + i), Dimensions: []string{"origin", "carrier"}, Event: e}); err != nil {
			b.Fatal(err)
		}
	}
	dir := b.TempDir()
	for b.Loop() {
		x.snapshot = nil
		if err := x.Persist(disk.OS{}, dir, segment.IndexSpec{}); err != nil {
			b.Fatal(err)
		}
	}
}
