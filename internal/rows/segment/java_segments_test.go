package segment

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/run/disk"
)

// testdata/java holds segments of 40 rows that IndexMergerV9 of Druid 0.14.0-incubating
// wrote from the same rows with different index specs. Those whose names start with
// plain have no complex column and no longEncoding.

// TestSegmentsOfJavaAreRead checks all specs against one, and that one row by row.
func TestSegmentsOfJavaAreRead(t *testing.T) {
	first := open1(t, "plain-concise-uncompressed")
	want := contents(first)
	for _, name := range []string{"concise-lz4", "roaring-lzf-auto", "concise-uncompressed-auto", "concise-none-auto", "plain-roaring-none"} {
		t.Run(name, func(t *testing.T) {
			got := contents(open1(t, name))
			if users, ok := got.Columns["users"]; ok {
				if c := users.(*ComplexColumn); c.TypeName != "hyperUnique" || c.Len() != 40 {
					t.Errorf("users: got %s with %d rows, want hyperUnique with 40", c.TypeName, c.Len())
				}
				delete(got.Columns, "users")
				got.Metrics = slices.DeleteFunc(slices.Clone(got.Metrics), func(m string) bool { return m == "users" })
				got.Metadata.Aggregators = got.Metadata.Aggregators[:4]
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("segment differs from that of another spec (-want +got):\n%s", diff)
			}
		})
	}
	rows := []struct {
		at   int
		want []any
	}{
		{0, []any{int64(1_388_534_400_000), []string{"ORD"}, []string{"a"}, int64(-100), int64(1), 1. / 3, int64(1), float32(1. / 7)}},
		{1, []any{int64(1_388_534_400_000), []string{"ORD"}, []string{"a", "b", "t0"}, int64(-100), int64(1), 0., int64(0), float32(0)}},
		{4, []any{int64(1_388_534_402_000), []string{""}, []string{""}, int64(0), int64(1), 5. / 3, int64(5), float32(5. / 7)}},
	}
	for _, r := range rows {
		if diff := cmp.Diff(r.want, row(first, r.at)); diff != "" {
			t.Errorf("row %d differs (-want +got):\n%s", r.at, diff)
		}
	}
}

func open1(t *testing.T, name string) *Segment {
	t.Helper()
	s, err := Open(disk.OS{}, filepath.Join("testdata", "java", name))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func row(s *Segment, at int) []any {
	return []any{
		s.Times()[at], s.Column("origin").(*StringColumn).Strings(at), s.Column("tags").(*StringColumn).Strings(at),
		s.Column("flight").(LongColumn)[at], s.Column("count").(LongColumn)[at], s.Column("delay").(DoubleColumn)[at],
		s.Column("miles").(LongColumn)[at], s.Column("ratio").(FloatColumn)[at],
	}
}

// TestWrittenFilesAreThoseOfJava compares all bytes where nothing depends on the
// compressor.
func TestWrittenFilesAreThoseOfJava(t *testing.T) {
	cases := map[string]IndexSpec{
		"plain-concise-uncompressed": {DimensionCompression: "uncompressed", MetricCompression: "uncompressed"},
		"plain-roaring-none":         {Bitmap: "roaring", DimensionCompression: "uncompressed", MetricCompression: "none"},
	}
	for name, spec := range cases {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := open1(t, name).Write(disk.OS{}, dir, spec); err != nil {
				t.Fatal(err)
			}
			for _, file := range []string{"version.bin", "factory.json", "meta.smoosh", "00000.smoosh"} {
				want, err := os.ReadFile(filepath.Join("testdata", "java", name, file))
				if err != nil {
					t.Fatal(err)
				}
				got, err := os.ReadFile(filepath.Join(dir, file))
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(got, want) {
					t.Errorf("%s: %d bytes, want %d; they differ at byte %d", file, len(got), len(want), firstDifference(got, want))
				}
			}
		})
	}
}

func firstDifference(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}
