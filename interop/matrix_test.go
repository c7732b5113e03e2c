//go:build interop

// Package interop plays our roles together with other people's: real Druid
// processes take seats in our clusters, and ours in theirs. Each cell of the
// matrix is a subtest named after its story.
package interop

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"oakmoot/interop/real"
)

func TestMain(m *testing.M) {
	code := m.Run()
	if err := played.publish(); err != nil {
		fmt.Fprintln(os.Stderr, "matrix:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// result is a cell after it was played.
type result struct {
	cell    int
	story   string
	real    string // the process and its version
	ground  string // whose ZooKeeper is underneath
	outcome string
	took    time.Duration
}

// matrix gathers the results of a run.
type matrix struct {
	mu      sync.Mutex // guards results
	results []result
}

var played matrix

// cell plays a story as a subtest and enters it into the matrix. The stories of a
// game build on each other: the first that fails is the last one played.
func (g *game) cell(t *testing.T, number int, who, story string, play func(t *testing.T)) {
	t.Helper()
	if t.Failed() {
		t.Skipf("not played after what failed before: %s", story)
	}
	start := time.Now()
	r := result{cell: number, story: story, real: who, ground: g.ground}
	defer func() {
		if r.outcome == "" { // not asked for by the test's flags
			return
		}
		r.took = time.Since(start)
		played.mu.Lock()
		defer played.mu.Unlock()
		played.results = append(played.results, r)
	}()
	t.Run(fmt.Sprintf("%02d %s", number, story), func(t *testing.T) {
		defer func() {
			switch {
			case t.Failed():
				r.outcome = "failed"
			case t.Skipped():
				r.outcome = "skipped"
			default:
				r.outcome = "ok"
			}
		}()
		play(t)
	})
}

// publish prints the matrix, and writes it to the file that OAKMOOT_MATRIX names.
func (m *matrix) publish() error {
	if len(m.results) == 0 {
		return nil
	}
	slices.SortStableFunc(m.results, func(a, b result) int { return cmp.Compare(a.cell, b.cell) })
	table := m.table()
	_, err := io.WriteString(os.Stdout, "\n"+table)
	if file := os.Getenv("OAKMOOT_MATRIX"); file != "" {
		err = errors.Join(err, os.WriteFile(file, []byte(table), 0o644))
	}
	return err
}

// table is the matrix in Markdown, with columns that also align as plain text.
func (m *matrix) table() string {
	rows := [][]string{{"cell", "real process", "story", "ZooKeeper", "result", "seconds"}}
	for _, r := range m.results {
		rows = append(rows, []string{fmt.Sprint(r.cell), r.real, r.story, r.ground, r.outcome, fmt.Sprintf("%.1f", r.took.Seconds())})
	}
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, word := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(word))
		}
	}
	var b strings.Builder
	for n, row := range rows {
		for i, word := range row {
			fmt.Fprintf(&b, "| %-*s ", widths[i], word)
		}
		b.WriteString("|\n")
		if n == 0 {
			for _, w := range widths {
				b.WriteString("|" + strings.Repeat("-", w+2))
			}
			b.WriteString("|\n")
		}
	}
	return b.String()
}

// unavailable ends a test that other people's software is missing for: skipped with
// the reason, but failed where a skip must not pass for a success.
func unavailable(t *testing.T, err error) {
	t.Helper()
	if errors.Is(err, real.ErrMissing) && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	t.Fatal(err)
}
