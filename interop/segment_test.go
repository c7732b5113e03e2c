//go:build interop

package interop

import (
	"archive/zip"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"oakmoot/interop/real"
)

// dumpStories are cell 14: Druid's tool reads segments that are ours.
func (g *game) dumpStories(t *testing.T, historical string) {
	g.cell(t, 14, "dump-segment "+real.Druid014, "the rows of a segment that our index task wrote", func(t *testing.T) {
		druid, err := g.kit.Druid(t.Context(), real.Druid014)
		if err != nil {
			unavailable(t, err)
		}
		const month = "2001-01-01T00:00:00.000Z_2001-02-01T00:00:00.000Z"
		dir := unzipped(t, filepath.Join(g.place.Segments, "flights", month))
		dumped, err := druid.DumpSegment(t.Context(), dir, filepath.Join(g.dir, "dump"), "rows")
		if err != nil {
			t.Fatal(err)
		}
		var theirs []string
		for _, line := range readLines(t, dumped) {
			theirs = append(theirs, sortedKeys(t, []byte(line)))
		}
		ours := scanned(t, historical, "2001-01-01/2001-02-01")
		slices.Sort(theirs)
		slices.Sort(ours)
		if diff := cmp.Diff(theirs, ours); diff != "" || len(theirs) == 0 {
			t.Errorf("%d rows; dumped by Druid (-), read by us (+):\n%s", len(theirs), diff)
		}
	})
	g.cell(t, 14, "dump-segment "+real.Druid014, "its metadata", func(t *testing.T) {
		druid, err := g.kit.Druid(t.Context(), real.Druid014)
		if err != nil {
			unavailable(t, err)
		}
		const month = "2001-02-01T00:00:00.000Z_2001-03-01T00:00:00.000Z"
		dumped, err := druid.DumpSegment(t.Context(), unzipped(t, filepath.Join(g.place.Segments, "flights", month)), filepath.Join(g.dir, "dump"), "metadata")
		if err != nil {
			t.Fatal(err)
		}
		text := strings.Join(readLines(t, dumped), "\n")
		for _, want := range []string{`"intervals":["2001-02-01T00:00:00.000Z/2001-03-01T00:00:00.000Z"]`, `"numRows":6253`, `"origin":{"type":"STRING"`, `"delay":{"type":"LONG"`, `"delay":{"type":"longSum","name":"delay","fieldName":"delay"`, `"timestampSpec":{"column":"date"`, `"queryGranularity":{"type":"none"}`, `"rollup":true`} {
			if !strings.Contains(strings.ReplaceAll(text, " ", ""), want) {
				t.Errorf("got %s, want %s in it", text, want)
			}
		}
	})
}

// unzipped unpacks the only index.zip below a directory of the deep storage.
func unzipped(t *testing.T, below string) string {
	t.Helper()
	var found string
	err := filepath.WalkDir(below, func(path string, _ os.DirEntry, err error) error {
		if filepath.Base(path) == "index.zip" {
			found = path
		}
		return err
	})
	if err != nil || found == "" {
		t.Fatalf("index.zip below %s: %v", below, err)
	}
	r, err := zip.OpenReader(found)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	dir := filepath.Join(t.TempDir(), "segment")
	if err := os.CopyFS(dir, r); err != nil {
		t.Fatal(err)
	}
	return dir
}

func readLines(t *testing.T, file string) []string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(b)), "\n")
}

// sortedKeys is a JSON value with the keys of its objects in order.
func sortedKeys(t *testing.T, text []byte) string {
	t.Helper()
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// scanned are the rows of the flights as a server's scan returns them.
func scanned(t *testing.T, host, interval string) []string {
	t.Helper()
	answer := call(t, "POST", host, "/druid/v2", json.RawMessage(
		`{"queryType":"scan","dataSource":"flights","intervals":["`+interval+`"],"columns":["__time","origin","destination","count","delay","distance"]}`))
	var batches []struct{ Events []json.RawMessage }
	if err := json.Unmarshal(answer, &batches); err != nil {
		t.Fatalf("%s: %v", answer, err)
	}
	var rows []string
	for _, b := range batches {
		for _, e := range b.Events {
			rows = append(rows, sortedKeys(t, e))
		}
	}
	return rows
}
