package query

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/segment"
	"oakmoot/internal/run/disk"
)

// flights is the complete segment that Java's answers in testdata are about.
func flights(t testing.TB) Part {
	t.Helper()
	s, err := segment.Open(disk.OS{}, filepath.Join("..", "segment", "testdata", "java", "plain-concise-uncompressed"))
	if err != nil {
		t.Fatal(err)
	}
	id := druid.SegmentID{DataSource: "flights", Interval: s.Interval(), Version: "v1"}
	return Part{ID: id, Interval: s.Interval(), Segment: s}
}

func answer(t testing.TB, query string, parts ...Part) string {
	t.Helper()
	q, err := Parse([]byte(query))
	if err != nil {
		t.Fatalf("Parse: %v", err)
	}
	r, err := q.Run(t.Context(), parts)
	if err != nil {
		t.Fatalf("Run: %v", err)
	}
	b, err := q.Encode(r)
	if err != nil {
		t.Fatalf("Encode: %v", err)
	}
	return string(b)
}

// TestAnswersAreThoseOfJava has queries, each followed by a tab and what the query
// engines and tool chests of Druid 0.14.0-incubating answer for a segment that Druid
// wrote.
func TestAnswersAreThoseOfJava(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "java-answers.txt"))
	if err != nil {
		t.Fatal(err)
	}
	part := flights(t)
	for line := range strings.Lines(string(data)) {
		query, want, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if got := answer(t, query, part); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", query, got, want)
		}
	}
}

// TestErrorsAreThoseOfJava has queries with the class and message of the exception that
// Jackson throws for them, without its position in the text.
func TestErrorsAreThoseOfJava(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "java-errors.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		query, thrown, _ := strings.Cut(line, "\t")
		var java struct{ Error string }
		if err := json.Unmarshal([]byte(thrown), &java); err != nil {
			t.Fatalf("%s: %v", thrown, err)
		}
		class, message, _ := strings.Cut(java.Error, ": ")
		message, _, _ = strings.Cut(message, " (through reference chain")
		message, _, _ = strings.Cut(message, "\n at [Source")
		_, err := Parse([]byte(query))
		var got *Error
		switch {
		case !errors.As(err, &got):
			t.Errorf("%s: got %v, want an *Error", query, err)
		case got.Class != class || got.Code != UnknownException:
			t.Errorf("%s: got %s, want %s", query, got.Class, class)
		case class == classMapping && got.Message != message:
			t.Errorf("%s\ngot  %s\nwant %s", query, got.Message, message)
		}
	}
}
