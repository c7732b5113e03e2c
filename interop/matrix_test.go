//go:build interop

// Package interop runs our roles together with other people's software: real Druid processes take seats in our
// clusters, and ours in theirs. Each cell of the matrix is a subtest named after its story.
package interop

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

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

// result is a cell that has been run.
type result struct {
	version string // of the real Druid
	game    string // the test that ran it
	cell    int
	story   string
	real    string // the process and its version
	ground  string // which ZooKeeper it ran on
	outcome string
	took    time.Duration
}

// matrix gathers the results of a run.
type matrix struct {
	mu      sync.Mutex // guards the fields below
	results []result
	began   time.Time // when the first of them began
	java    int       // the Java release that the processes run on
}

var played matrix

// passed is the outcome of a story that held.
const passed = "ok"

func (m *matrix) madeWith(kit *real.Kit) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.java = kit.Java
}

// cell runs a story as a subtest and enters it into the matrix. The stories of a game build on each other: the first
// one that fails is the last one run.
func (g *game) cell(t *testing.T, number int, who, story string, play func(t *testing.T)) {
	t.Helper()
	if t.Failed() {
		t.Skipf("not played after what failed before: %s", story)
	}
	start := time.Now()
	r := result{version: g.version, game: g.test.Name(), cell: number, story: story, real: who, ground: g.ground}
	defer func() {
		if r.outcome == "" { // not selected by the test's flags
			return
		}
		r.took = time.Since(start)
		played.mu.Lock()
		defer played.mu.Unlock()
		played.results = append(played.results, r)
		if played.began.IsZero() || start.Before(played.began) {
			played.began = start
		}
	}()
	t.Run(fmt.Sprintf("%02d %s", number, story), func(t *testing.T) {
		defer func() {
			switch {
			case t.Failed():
				r.outcome = "failed"
			case t.Skipped():
				r.outcome = "skipped"
			default:
				r.outcome = passed
			}
		}()
		play(t)
	})
}

// unavailable ends a test for which other people's software is missing: it is skipped with the reason, or fails where
// a skip must not pass for a success.
func unavailable(t *testing.T, err error) {
	t.Helper()
	if errors.Is(err, real.ErrMissing) && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	t.Fatal(err)
}
