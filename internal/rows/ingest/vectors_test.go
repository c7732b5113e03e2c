package ingest

import (
	"bufio"
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// vectors returns the lines of a file of answers that Druid 0.14.0's own classes gave,
// split at tabs. The first columns are JSON.
func vectors(t *testing.T, name string, each func(line int, columns []string)) {
	t.Helper()
	f, err := os.Open("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		each(n, strings.Split(lines.Text(), "\t"))
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
}

func unquote[T any](t *testing.T, text string) (v T) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}
