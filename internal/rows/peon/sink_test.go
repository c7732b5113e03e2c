package peon

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/ingest"
	"oakmoot/internal/rows/segment"
	"oakmoot/internal/run/disk"
)

// TestSegmentFromMemoryIsTheOneFromDisk merges the same rows with and without a file in between.
func TestSegmentFromMemoryIsTheOneFromDisk(t *testing.T) {
	task, err := druid.ParseTask([]byte(index(threeDays, `"dimensions":["page"]`, `"dimensions":["page","never",{"type":"long","name":"added2"}]`)), 0)
	if err != nil {
		t.Fatal(err)
	}
	spec, err := task.Index()
	if err != nil {
		t.Fatal(err)
	}
	schema, err := ingest.NewSchema(spec.Spec.DataSchema)
	if err != nil {
		t.Fatal(err)
	}
	day := interval(t, "2020-01-01/2020-01-02")
	merged := func(persisted bool) map[string]string {
		s := newSink(0, druid.SegmentIDWithShardSpec{DataSource: "ds", Interval: day, Version: "v"}, schema, disk.OS{}, t.TempDir())
		for i := range 40 {
			row := ingest.Row{
				Time: day.Start + druid.Timestamp(i*1_000_000), Dimensions: []string{"page", "added2", "more"},
				Event: map[string]any{"page": fmt.Sprint("p", i%3), "added2": int64(i % 5), "more": []any{"x", fmt.Sprint(i % 2)}, "added": int64(i)},
			}
			if err := s.index.Add(row); err != nil {
				t.Fatal(err)
			}
		}
		if persisted {
			if err := s.persist(schema, segment.IndexSpec{}); err != nil {
				t.Fatal(err)
			}
		}
		f, err := s.merge(schema, segment.IndexSpec{})
		if err != nil || (f.files == nil) != persisted || s.rows == 0 {
			t.Fatalf("got %d files in memory, %d rows, %v", len(f.files), s.rows, err)
		}
		files := map[string]string{"described": fmt.Sprint(f.described)}
		entries, err := disk.OS{}.ReadDir(f.dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			data, err := disk.ReadFile(disk.OS{}, filepath.Join(f.dir, e.Name()))
			if err != nil {
				t.Fatal(err)
			}
			files[e.Name()] = string(data)
		}
		for _, file := range f.files {
			if files[file.Name] != string(file.Data) {
				t.Errorf("%s differs in memory and on disk", file.Name)
			}
		}
		return files
	}
	if diff := cmp.Diff(merged(true), merged(false)); diff != "" {
		t.Errorf("(-from disk +from memory):\n%s", diff)
	}
}
