package ingest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/segment"
	"oakmoot/internal/run/disk"
)

const javaSchema = `{"dataSource":"flights",
 "parser":{"type":"map","parseSpec":{"format":"json","timestampSpec":{"column":"ts","format":"auto"},
  "dimensionsSpec":{"dimensions":["origin","tags",{"type":"long","name":"flight"},"never"]}}},
 "metricsSpec":[{"type":"count","name":"count"},{"type":"doubleSum","name":"delay","fieldName":"delay"},
  {"type":"floatMax","name":"ratio","fieldName":"ratio"},{"type":"longSum","name":"miles","fieldName":"miles"}],
 "granularitySpec":{"queryGranularity":"SECOND"}}`

// javaRow is row i of those from which the segments in segment/testdata/java were made.
func javaRow(i int) map[string]any {
	event := map[string]any{
		"ts": int64(1_388_534_400_000 + i*500), "origin": []string{"ORD", "SFO", "", "Zürich", "JFK"}[i/2%5],
		"flight": int64(i/4%3*100 - 100), "delay": float64(i) / 3, "ratio": float64(i) / 7, "miles": int64(i % 11),
	}
	switch i % 3 {
	case 0:
		event["tags"] = []any{"b", "a", fmt.Sprint("t", i%7)}
	case 1:
		event["tags"] = "a"
	}
	return event
}

func indexOf(t testing.TB, schema string, rows ...map[string]any) *Incremental {
	t.Helper()
	s, err := ParseSchema([]byte(schema))
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.NewParser()
	if err != nil {
		t.Fatal(err)
	}
	const start = 1_388_534_400_000
	x := NewIncremental(s, druid.Interval{Start: start, End: start + 86_400_000})
	for _, fields := range rows {
		row, err := p.ParseMap(fields)
		if err != nil {
			t.Fatal(err)
		}
		if err := x.Add(row); err != nil {
			t.Fatal(err)
		}
	}
	return x
}

// TestPersistedFilesAreThoseOfJava indexes the rows that Druid's OnheapIncrementalIndex
// and IndexMergerV9 indexed, and compares all bytes.
func TestPersistedFilesAreThoseOfJava(t *testing.T) {
	var rows []map[string]any
	for i := range 40 {
		rows = append(rows, javaRow(i))
	}
	x := indexOf(t, javaSchema, rows...)
	persisted, other := t.TempDir(), t.TempDir()
	spec := segment.IndexSpec{DimensionCompression: "uncompressed", MetricCompression: "uncompressed"}
	if err := x.Persist(disk.OS{}, persisted, spec); err != nil {
		t.Fatal(err)
	}
	sameFiles(t, "persisted", persisted)

	// The same rows in two parts, merged.
	parts := []string{filepath.Join(other, "0"), filepath.Join(other, "1")}
	for i, part := range parts {
		if err := indexOf(t, javaSchema, rows[i*17:17+i*23]...).Persist(disk.OS{}, part, segment.IndexSpec{Bitmap: "roaring"}); err != nil {
			t.Fatal(err)
		}
	}
	merged := filepath.Join(other, "merged")
	if _, err := Merge(disk.OS{}, parts, x.schema.Aggregators, true, merged, spec); err != nil {
		t.Fatal(err)
	}
	sameFiles(t, "merged", merged)
}

func sameFiles(t *testing.T, what, dir string) {
	t.Helper()
	for _, name := range []string{"meta.smoosh", "00000.smoosh"} {
		want, err := os.ReadFile(filepath.Join("..", "segment", "testdata", "java", "plain-concise-uncompressed", name))
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s: %s is not Java's:\ngot  %q\nwant %q", what, name, got, want)
		}
	}
}
