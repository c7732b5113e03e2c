package peon

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/disk"
)

func writeInput(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	data := []byte(text)
	if filepath.Ext(path) == ".gz" {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		z.Write(data)
		z.Close()
		data = b.Bytes()
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// read collects each file's text from a firehose.
func read(f druid.Firehose) ([]string, error) {
	var got []string
	err := connect(disk.OS{}, f, func(r io.Reader) error {
		text, err := io.ReadAll(r)
		got = append(got, string(text))
		return err
	})
	return got, err
}

func TestFirehosesReadTheirLines(t *testing.T) {
	dir := t.TempDir()
	writeInput(t, filepath.Join(dir, "a.json"), "1\n2")
	writeInput(t, filepath.Join(dir, "b", "c.json.gz"), "3\r\n4\n")
	writeInput(t, filepath.Join(dir, "b", "d.csv"), "5\n")
	for _, test := range []struct {
		name string
		hose druid.Firehose
		want []string
	}{
		{"by wildcard, below the directory, unzipped", druid.Firehose{Type: "local", BaseDir: dir, Filter: "*.json*"}, []string{"1\n2", "3\r\n4\n"}},
		{"a question mark is one character", druid.Firehose{Type: "local", BaseDir: dir, Filter: "?.csv"}, []string{"5\n"}},
		{"nothing matches", druid.Firehose{Type: "local", BaseDir: dir, Filter: "x"}, nil},
		{"inline", druid.Firehose{Type: "inline", Data: "a\n\nb"}, []string{"a\n\nb"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := read(test.hose)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestFirehosesThatCannotBeRead(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "x.gz")
	if err := os.WriteFile(bad, []byte("no gzip"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		hose druid.Firehose
		want string // as in a task's status; empty: any error
	}{
		{"no directory", druid.Firehose{Type: "local", BaseDir: "/nonexistent", Filter: "*"}, "java.lang.IllegalArgumentException: Parameter 'directory' is not a directory: /nonexistent"},
		{"a file for a directory", druid.Firehose{Type: "local", BaseDir: bad, Filter: "*"}, "java.lang.IllegalArgumentException: Parameter 'directory' is not a directory: " + bad},
		{"not what its ending says", druid.Firehose{Type: "local", BaseDir: filepath.Dir(bad), Filter: "*"}, ""},
		{"of another type", druid.Firehose{Type: "kafka"}, "java.lang.IllegalArgumentException: firehose type kafka cannot be connected here"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := read(test.hose)
			if err == nil {
				t.Fatal("got no error, want one")
			}
			if got := javaMessage(err); test.want != "" && got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
