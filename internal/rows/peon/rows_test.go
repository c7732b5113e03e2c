package peon

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/segment"
	"oakmoot/internal/run/deepstore"
	"oakmoot/internal/run/disk"
)

// rowsOf pulls a published segment and returns its rows as time:page:count:added.
func rowsOf(t *testing.T, s druid.DataSegment) []string {
	t.Helper()
	var load struct{ Path string }
	if err := json.Unmarshal(s.LoadSpec, &load); err != nil {
		t.Fatalf("load spec %s: %v", s.LoadSpec, err)
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(load.Path), "descriptor.json")); err != nil {
		t.Errorf("descriptor: %v", err)
	}
	root, dir := load.Path, t.TempDir()
	for range 5 { // datasource, interval, version, partition, zip
		root = filepath.Dir(root)
	}
	if err := deepstore.New(disk.OS{}, root).Pull(t.Context(), s.LoadSpec, dir); err != nil {
		t.Fatal(err)
	}
	opened, err := segment.Open(disk.OS{}, dir)
	if err != nil {
		t.Fatal(err)
	}
	if s.BinaryVersion == nil || *s.BinaryVersion != 9 || s.Size <= 0 {
		t.Errorf("published with binary version %v and %d bytes", s.BinaryVersion, s.Size)
	}
	page := opened.Column("page").(*segment.StringColumn)
	count, added := opened.Column("count").(segment.LongColumn), opened.Column("added").(segment.LongColumn)
	var rows []string
	for i, at := range opened.Times() {
		rows = append(rows, fmt.Sprintf("%s:%s:%d:%d", time.UnixMilli(at).UTC().Format("15:04"), page.Strings(i)[0], count[i], added[i]))
	}
	return rows
}
