package segment

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/disk"
)

func written(t testing.TB, rows int, spec IndexSpec) string {
	t.Helper()
	dir := t.TempDir()
	if err := flights(t, rows).Write(disk.OS{}, dir, spec); err != nil {
		t.Fatalf("Write: %v", err)
	}
	return dir
}

func replace(t testing.TB, path string, change func([]byte) []byte) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, change(b), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestOpenNamesWhatIsDamaged(t *testing.T) {
	cases := []struct {
		name, file string
		change     func([]byte) []byte
		want       string
	}{
		{"another version", "version.bin", func([]byte) []byte { return []byte{0, 0, 0, 8} }, "only version 9"},
		{"no version", "version.bin", func([]byte) []byte { return nil }, "only version 9"},
		{"another smoosh format", "meta.smoosh", func(b []byte) []byte { return append([]byte("v2"), b[2:]...) }, "first line"},
		{"a short chunk", "00000.smoosh", func(b []byte) []byte { return b[:len(b)/2] }, "chunk 0 has"},
		{"an empty chunk", "00000.smoosh", func([]byte) []byte { return nil }, "chunk 0 has 0 bytes"},
		{"a column without a file", "meta.smoosh", func(b []byte) []byte {
			return bytes.Replace(b, []byte("origin,"), []byte("other,"), 1)
		}, `column "origin" has no file`},
		{"negative offsets", "meta.smoosh", func(b []byte) []byte {
			return append(b, "x,0,-5,1\n"...)
		}, `line "x,0,-5,1"`},
		{"a chunk that does not exist", "meta.smoosh", func(b []byte) []byte {
			return append(b, "x,7,0,1\n"...)
		}, `line "x,7,0,1"`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			dir := written(t, 100, IndexSpec{})
			replace(t, filepath.Join(dir, c.file), c.change)
			_, err := Open(disk.OS{}, dir)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), dir) {
				t.Errorf("got error %v, want one with %q and the directory", err, c.want)
			}
		})
	}
}

// TestEveryDamagedByteIsAnErrorOrReadable flips each byte of a small segment's chunk:
// Open must never panic, and what it returns must be complete.
func TestEveryDamagedByteIsAnErrorOrReadable(t *testing.T) {
	for _, spec := range []IndexSpec{{}, {Bitmap: "roaring", DimensionCompression: "uncompressed", MetricCompression: "none"}} {
		dir := written(t, 12, spec)
		meta, err := os.ReadFile(filepath.Join(dir, "meta.smoosh"))
		if err != nil {
			t.Fatal(err)
		}
		chunk, err := os.ReadFile(filepath.Join(dir, "00000.smoosh"))
		if err != nil {
			t.Fatal(err)
		}
		refused := 0
		for at := range chunk {
			damaged := bytes.Clone(chunk)
			damaged[at] ^= 0xFF
			files, err := parseSmooshed(meta, func(int) ([]byte, error) { return damaged, nil })
			if err != nil {
				t.Fatalf("meta.smoosh: %v", err)
			}
			s, err := read(files)
			if err != nil {
				refused++
				continue
			}
			contents(s)
		}
		if refused == 0 {
			t.Errorf("%+v: none of %d damaged segments was refused", spec, len(chunk))
		}
	}
}

func FuzzOpen(f *testing.F) {
	for _, spec := range []IndexSpec{{}, {Bitmap: "roaring", DimensionCompression: "uncompressed", MetricCompression: "none"}} {
		dir := written(f, 12, spec)
		meta, err := os.ReadFile(filepath.Join(dir, "meta.smoosh"))
		if err != nil {
			f.Fatal(err)
		}
		chunk, err := os.ReadFile(filepath.Join(dir, "00000.smoosh"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(meta, chunk)
	}
	f.Fuzz(func(t *testing.T, meta, chunk []byte) {
		files, err := parseSmooshed(meta, func(int) ([]byte, error) { return chunk, nil })
		if err != nil {
			return
		}
		s, err := read(files)
		if err != nil {
			return
		}
		contents(s)
	})
}

func FuzzColumn(f *testing.F) {
	s := flights(f, 9)
	for _, e := range []encoding{
		{concise{}, compressLZ4, compressLZ4},
		{roaringRuns{}, compressBlocks, compressNone},
	} {
		for _, name := range []string{"origin", "tags", "count", "delay", "ratio", TimeColumn} {
			data, err := appendColumn(nil, e, s.Column(name))
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := readColumn(data, 9)
		if err != nil {
			return
		}
		if sc, ok := c.(*StringColumn); ok {
			for r := range sc.Len() {
				sc.Strings(r)
			}
		}
	})
}

func TestNewRefusesInvalidTables(t *testing.T) {
	cases := []struct {
		name    string
		times   []int64
		dims    []Field
		metrics []Field
	}{
		{"time goes back", []int64{2, 1}, nil, nil},
		{"short column", []int64{1, 2}, nil, []Field{{"m", LongColumn{1}}}},
		{"two of a name", []int64{1}, []Field{{"a", LongColumn{1}}}, []Field{{"a", LongColumn{1}}}},
		{"the name of time", []int64{1}, []Field{{TimeColumn, LongColumn{1}}}, nil},
		{"a comma in the name", []int64{1}, []Field{{"a,b", LongColumn{1}}}, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if _, err := New(druid.Interval{}, c.times, c.dims, c.metrics, nil); err == nil {
				t.Error("got no error")
			}
		})
	}
}
