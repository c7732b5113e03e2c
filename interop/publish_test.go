//go:build interop

package interop

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"oakmoot/interop/real"
)

// A summary of the last run stands between these lines of a Markdown file.
const (
	summaryBegin = "<!-- written by the matrix's run -->\n"
	summaryEnd   = "<!-- until here -->\n"
)

// publish prints the matrix and writes it to the files that OAKMOOT_MATRIX names, separated by commas: a summary into
// a file with a place for it, otherwise the whole matrix as the file.
func (m *matrix) publish() error {
	if len(m.results) == 0 {
		return nil
	}
	slices.SortStableFunc(m.results, func(a, b result) int {
		return cmp.Or(cmp.Compare(a.cell, b.cell), strings.Compare(a.version, b.version), strings.Compare(a.game, b.game))
	})
	whole := m.head() + "\n" + table(m.stories())
	_, err := io.WriteString(os.Stdout, "\n"+whole)
	for file := range strings.SplitSeq(os.Getenv("OAKMOOT_MATRIX"), ",") {
		if file != "" {
			err = errors.Join(err, m.write(file, whole))
		}
	}
	return err
}

func (m *matrix) write(file, whole string) error {
	old, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	before, rest, begins := strings.Cut(string(old), summaryBegin)
	_, after, ends := strings.Cut(rest, summaryEnd)
	if begins && ends {
		whole = before + summaryBegin + m.head() + "\n" + table(m.cells()) + summaryEnd + after
	}
	return os.WriteFile(file, []byte(whole), 0o644)
}

// head says when the matrix was run, on what, and how it ended.
func (m *matrix) head() string {
	ok := 0
	for _, r := range m.results {
		if r.outcome == passed {
			ok++
		}
	}
	return fmt.Sprintf("%s: %d stories, %d ok, in %.0f s, with Java %d and ZooKeeper %s.\n",
		m.began.UTC().Format("2006-01-02 15:04 UTC"), len(m.results), ok, time.Since(m.began).Seconds(), m.java, real.ZooKeeperVersion)
}

// stories is the matrix, a row per story.
func (m *matrix) stories() [][]string {
	rows := [][]string{{"cell", "real process", "story", "ZooKeeper", "result", "seconds"}}
	for _, r := range m.results {
		rows = append(rows, []string{fmt.Sprint(r.cell), r.real, r.story, r.ground, r.outcome, fmt.Sprintf("%.1f", r.took.Seconds())})
	}
	return rows
}

// cells is the matrix, a row for each cell on each ZooKeeper.
func (m *matrix) cells() [][]string {
	type key struct {
		cell   int
		ground string
	}
	type sum struct {
		who     []string
		ok, all int
		took    time.Duration
	}
	sums, order := map[key]*sum{}, []key{}
	for _, r := range m.results {
		k := key{r.cell, r.ground}
		if sums[k] == nil {
			sums[k], order = &sum{}, append(order, k)
		}
		s := sums[k]
		if s.all, s.took = s.all+1, s.took+r.took; r.outcome == passed {
			s.ok++
		}
		if !slices.Contains(s.who, r.real) {
			s.who = append(s.who, r.real)
		}
	}
	rows := [][]string{{"cell", "real process", "ZooKeeper", "stories ok", "seconds"}}
	for _, k := range order {
		s := sums[k]
		rows = append(rows, []string{fmt.Sprint(k.cell), strings.Join(s.who, "; "), k.ground, fmt.Sprintf("%d of %d", s.ok, s.all), fmt.Sprintf("%.1f", s.took.Seconds())})
	}
	return rows
}

// table is Markdown whose columns also align as plain text.
func table(rows [][]string) string {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, word := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(word))
		}
	}
	var b strings.Builder
	for n, row := range rows {
		for i, word := range row {
			fmt.Fprintf(&b, "| %s%s ", word, strings.Repeat(" ", widths[i]-utf8.RuneCountInString(word)))
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
