package deepstore

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/disk"
)

var files = map[string]string{
	"version.bin":  "\x00\x00\x00\x09",
	"meta.smoosh":  "v1,2147483647,1\n",
	"00000.smoosh": "some columns",
}

func segmentDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		write(t, filepath.Join(dir, name), []byte(data))
	}
	return dir
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func contentOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]string)
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		got[e.Name()] = string(b)
	}
	return got
}

func wiki(part int) druid.DataSegment {
	return druid.DataSegment{
		DataSource: "wiki",
		Interval:   druid.Interval{Start: 0, End: 86_400_000},
		Version:    "2019-01-01T00:00:00.000Z",
		ShardSpec:  druid.NumberedShardSpec(part, 2),
	}
}

func TestPushedSegmentLiesWhereDruidPutsIt(t *testing.T) {
	l := New(disk.OS{}, t.TempDir())
	seg, err := l.Push(t.Context(), segmentDir(t), wiki(1), false)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(l.Root(), "wiki", "1970-01-01T00:00:00.000Z_1970-01-02T00:00:00.000Z", "2019-01-01T00:00:00.000Z", "1")
	if got, want := string(seg.LoadSpec), `{"type":"local","path":"`+dir+`/index.zip"}`; got != want {
		t.Errorf("load spec: got %s, want %s", got, want)
	}
	size := int64(0)
	for _, data := range files {
		size += int64(len(data))
	}
	if seg.Size != size || seg.BinaryVersion == nil || *seg.BinaryVersion != 9 {
		t.Errorf("got size %d and version %v, want %d and 9", seg.Size, seg.BinaryVersion, size)
	}
	descriptor, err := os.ReadFile(filepath.Join(dir, "descriptor.json"))
	if err != nil {
		t.Fatal(err)
	}
	if want, _ := druid.Marshal(seg); !bytes.Equal(descriptor, want) {
		t.Errorf("descriptor: got %s, want %s", descriptor, want)
	}
	if left := contentOf(t, filepath.Join(l.Root(), intermediate)); len(left) != 0 {
		t.Errorf("left in %s: %v", intermediate, left)
	}
}

func TestUniquePathsKeepTheOlderPush(t *testing.T) {
	l := New(disk.OS{}, t.TempDir())
	first, err := l.Push(t.Context(), segmentDir(t), wiki(0), true)
	if err != nil {
		t.Fatal(err)
	}
	second, err := l.Push(t.Context(), segmentDir(t), wiki(0), true)
	if err != nil {
		t.Fatal(err)
	}
	if string(first.LoadSpec) == string(second.LoadSpec) {
		t.Errorf("both pushes lie at %s", first.LoadSpec)
	}
	for _, seg := range []druid.DataSegment{first, second} {
		if err := l.Pull(t.Context(), seg.LoadSpec, t.TempDir()); err != nil {
			t.Errorf("Pull: %v", err)
		}
	}
}

func TestPushRefusesNamesThatAreNotDirectories(t *testing.T) {
	for _, name := range []string{"../..", "..", ".", "", "a/b", "/etc", "../wiki"} {
		for i, set := range []func(*druid.DataSegment){
			func(s *druid.DataSegment) { s.DataSource = name },
			func(s *druid.DataSegment) { s.Version = name },
		} {
			seg, l := wiki(0), New(disk.OS{}, t.TempDir())
			set(&seg)
			if _, err := l.Push(t.Context(), segmentDir(t), seg, false); err == nil || !strings.Contains(err.Error(), "directory's name") {
				t.Errorf("%q as name %d: got %v, want it refused", name, i, err)
			}
		}
	}
}

func TestPullBringsTheFilesBack(t *testing.T) {
	root := t.TempDir()
	l := New(disk.OS{}, root)
	seg, err := l.Push(t.Context(), segmentDir(t), wiki(0), false)
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	io.WriteString(z, "one file")
	z.Close()
	write(t, filepath.Join(root, "data.GZ"), packed.Bytes())
	plain := filepath.Join(root, "plain")
	for name, data := range files {
		write(t, filepath.Join(plain, name), []byte(data))
	}
	write(t, filepath.Join(plain, "below", "ignored"), []byte("x"))

	cases := []struct {
		name string
		spec json.RawMessage
		want map[string]string
	}{
		{"zip", seg.LoadSpec, files},
		{"directory", spec(t, plain), files},
		{"gzip", spec(t, filepath.Join(root, "data.GZ")), map[string]string{"data": "one file"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			into := filepath.Join(t.TempDir(), "made", "on the way")
			if err := l.Pull(t.Context(), c.spec, into); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, contentOf(t, into)); diff != "" {
				t.Errorf("files differ (-want +got):\n%s", diff)
			}
		})
	}
}

func spec(t *testing.T, path string) json.RawMessage {
	t.Helper()
	b, err := json.Marshal(loadSpec{"local", path})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func zipOf(t *testing.T, entries map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, data := range entries {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(w, data)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestPullErrorsNameThePath(t *testing.T) {
	root := t.TempDir()
	l := New(disk.OS{}, root)
	l.limits = limits{entries: 3, bytes: 100}
	whole := zipOf(t, map[string]string{"a": "aaaa", "b": "bbbb"})
	cases := []struct {
		name, file string
		data       []byte
		want       string
	}{
		{"missing", "none.zip", nil, "does not exist"},
		{"not a zip", "text.zip", []byte("hello"), "zip"},
		{"cut off", "half.zip", whole[:len(whole)/2], "zip"},
		{"damaged data", "bad.zip", bytes.Replace(whole, []byte("aaaa"), []byte("aaab"), 1), "checksum"},
		{"a path upwards", "up.zip", zipOf(t, map[string]string{"../evil": "x"}), `"../evil"`},
		{"an absolute path", "abs.zip", zipOf(t, map[string]string{"/etc/evil": "x"}), `"/etc/evil"`},
		{"a path downwards", "down.zip", zipOf(t, map[string]string{"a/b": "x"}), `"a/b"`},
		{"a Windows path", "win.zip", zipOf(t, map[string]string{`..\evil`: "x"}), "evil"},
		{"too many files", "many.zip", zipOf(t, map[string]string{"a": "", "b": "", "c": "", "d": ""}), "at most 3"},
		{"too large", "large.zip", zipOf(t, map[string]string{"a": strings.Repeat("a", 60), "b": strings.Repeat("b", 60)}), "at most 40 are left"},
		{"not gzip", "text.gz", []byte("hello, this is no gzip"), "gzip"},
		{"unknown kind", "index.tar", []byte("hello"), "Do not know how to handle source"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(root, c.file)
			if c.data != nil {
				write(t, path, c.data)
			}
			err := l.Pull(t.Context(), spec(t, path), t.TempDir())
			if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got error %v, want one with %q and %q", err, path, c.want)
			}
		})
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(root), "evil")); err == nil {
		t.Error("a file was written outside the directory")
	}
}

// TestZipThatLiesAboutItsSizeIsRefused makes a directory entry say 10 bytes for
// data of a million.
func TestZipThatLiesAboutItsSizeIsRefused(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.CreateRaw(&zip.FileHeader{Name: "bomb", Method: zip.Deflate, UncompressedSize64: 10, CompressedSize64: uint64(len(bomb(t)))})
	if err != nil {
		t.Fatal(err)
	}
	w.Write(bomb(t))
	z.Close()
	root := t.TempDir()
	path := filepath.Join(root, "bomb.zip")
	write(t, path, b.Bytes())
	into := t.TempDir()
	if err := New(disk.OS{}, root).Pull(t.Context(), spec(t, path), into); err == nil {
		t.Error("got no error")
	}
	if got := len(contentOf(t, into)["bomb"]); got > 11 {
		t.Errorf("%d bytes were written, want at most 11", got)
	}
}

// bomb is a million zeros, deflated: a gzip stream without header and trailer.
func bomb(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(make([]byte, 1_000_000))
	z.Close()
	return b.Bytes()[10 : b.Len()-8]
}

func TestPullRefusesOtherLoadSpecs(t *testing.T) {
	for _, s := range []string{`{"type":"s3_zip","bucket":"b"}`, `{}`, `null`, `{"type":"local"}`, `[`} {
		if err := New(disk.OS{}, t.TempDir()).Pull(t.Context(), json.RawMessage(s), t.TempDir()); err == nil {
			t.Errorf("%s: got no error", s)
		}
	}
}

func TestPullEndsWithItsContext(t *testing.T) {
	l := New(disk.OS{}, t.TempDir())
	seg, err := l.Push(t.Context(), segmentDir(t), wiki(0), false)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := l.Pull(ctx, seg.LoadSpec, t.TempDir()); !errors.Is(err, context.Canceled) {
		t.Errorf("Pull: got %v, want %v", err, context.Canceled)
	}
	if _, err := l.Push(ctx, segmentDir(t), wiki(0), false); !errors.Is(err, context.Canceled) {
		t.Errorf("Push: got %v, want %v", err, context.Canceled)
	}
}

func TestGateIsAskedFirst(t *testing.T) {
	refused := errors.New("disk full")
	var asked []Op
	l := NewGated(disk.OS{}, t.TempDir(), func(_ context.Context, op Op, path string) error {
		asked = append(asked, op)
		if !strings.HasSuffix(path, "/index.zip") {
			t.Errorf("%s was asked about %q, want a zip", op, path)
		}
		return refused
	})
	_, err := l.Push(t.Context(), segmentDir(t), wiki(0), false)
	seg := wiki(0)
	seg.LoadSpec = spec(t, filepath.Join(l.Root(), "index.zip"))
	for _, err := range []error{err, l.Pull(t.Context(), seg.LoadSpec, t.TempDir()), l.Kill(t.Context(), seg)} {
		if !errors.Is(err, refused) {
			t.Errorf("got error %v, want %v", err, refused)
		}
	}
	if diff := cmp.Diff([]Op{OpPush, OpPull, OpKill}, asked); diff != "" {
		t.Errorf("questions differ (-want +got):\n%s", diff)
	}
}

func TestKillRemovesEmptyAncestors(t *testing.T) {
	l := New(disk.OS{}, t.TempDir())
	var pushed []druid.DataSegment
	for part := range 2 {
		seg, err := l.Push(t.Context(), segmentDir(t), wiki(part), false)
		if err != nil {
			t.Fatal(err)
		}
		pushed = append(pushed, seg)
	}
	if err := l.Kill(t.Context(), pushed[0]); err != nil {
		t.Fatal(err)
	}
	if err := l.Pull(t.Context(), pushed[1].LoadSpec, t.TempDir()); err != nil {
		t.Errorf("the other partition is gone: %v", err)
	}
	for range 2 { // the second time there is nothing left
		if err := l.Kill(t.Context(), pushed[1]); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(filepath.Join(l.Root(), "wiki")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the datasource's directory: got %v, want that it is gone", err)
	}
	if _, err := os.Stat(l.Root()); err != nil {
		t.Errorf("deep storage itself: %v", err)
	}
}

func TestMoveArchiveAndRestoreFailAsInDruid(t *testing.T) {
	l := New(disk.OS{}, t.TempDir())
	_, move := l.Move(t.Context(), wiki(0), nil)
	_, archive := l.Archive(t.Context(), wiki(0))
	_, restore := l.Restore(t.Context(), wiki(0))
	for _, err := range []error{move, archive, restore} {
		if err == nil || !strings.Contains(err.Error(), "Unknown loader type[local].  Known types are []") {
			t.Errorf("got error %v", err)
		}
	}
}

func TestLogsAreReadFromAnOffset(t *testing.T) {
	logs := NewLogs(disk.OS{}, filepath.Join(t.TempDir(), "logs"))
	file := filepath.Join(t.TempDir(), "log")
	write(t, file, []byte("0123456789"))
	id := "index_wiki_2019-01-01T00:00:00.000Z"
	if err := logs.PushLog(id, file); err != nil {
		t.Fatal(err)
	}
	for offset, want := range map[int64]string{0: "0123456789", 4: "456789", 20: "", -3: "789", -10: "0123456789", -99: "0123456789"} {
		r, err := logs.OpenLog(id, offset)
		if err != nil {
			t.Fatalf("offset %d: %v", offset, err)
		}
		got, err := io.ReadAll(r)
		r.Close()
		if err != nil || string(got) != want {
			t.Errorf("offset %d: got %q (%v), want %q", offset, got, err, want)
		}
	}
	if got := contentOf(t, logs.dir); len(got) != 1 || got[id+".log"] != "0123456789" {
		t.Errorf("got files %v, want only the log", got)
	}
}

func TestLogsAndReportsOfUnknownTasksAreMissing(t *testing.T) {
	logs := NewLogs(disk.OS{}, t.TempDir())
	if _, err := logs.OpenLog("nobody", 0); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("OpenLog: got %v, want %v", err, os.ErrNotExist)
	}
	if _, err := logs.OpenReport("nobody"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("OpenReport: got %v, want %v", err, os.ErrNotExist)
	}
	if _, err := logs.OpenLog("../x", 0); err == nil || errors.Is(err, os.ErrNotExist) {
		t.Errorf("an id with a path: got %v, want a refusal", err)
	}
}

func TestOldLogsAreKilled(t *testing.T) {
	logs := NewLogs(disk.OS{}, t.TempDir())
	if err := NewLogs(disk.OS{}, filepath.Join(logs.dir, "none")).KillOlderThan(time.Now()); err != nil {
		t.Errorf("without a directory: %v", err)
	}
	write(t, filepath.Join(logs.dir, "old.log"), nil)
	write(t, filepath.Join(logs.dir, "new.log"), nil)
	past := time.UnixMilli(1_000_000)
	if err := os.Chtimes(filepath.Join(logs.dir, "old.log"), past, past); err != nil {
		t.Fatal(err)
	}
	if err := logs.KillOlderThan(past.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"new.log": ""}, contentOf(t, logs.dir)); diff != "" {
		t.Errorf("files differ (-want +got):\n%s", diff)
	}
}
