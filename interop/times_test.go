//go:build interop

package interop

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"oakmoot/cluster"
	"oakmoot/interop/real"
)

// trials is how many tasks are timed in a seat, after one that warms it up.
const trials = 15

// steps are those of an index task with three segments, in order, as ZooKeeper sees them. A task publishes before it
// reports success.
var steps = []struct{ name, verb string }{
	{"submitted → assigned", "task assigned"}, {"→ running", "task status RUNNING"}, {"→ success, published", "task status SUCCESS"},
	{"→ load requested", "load request"}, {"→ announced", "segment announced"}, {"→ request done", "load request done"},
}

// TestTimesInTheSameSeat writes to the file that OAKMOOT_TIMES names how long each step takes with a real overlord or
// historical in a seat, and with ours. Everything else is ours and the same. It judges nothing: the table is for
// readers.
func TestTimesInTheSameSeat(t *testing.T) {
	file := os.Getenv("OAKMOOT_TIMES")
	if file == "" {
		t.Skip("OAKMOOT_TIMES names no file for the table")
	}
	g := newGame(t)
	g.onPostgres(t)
	g.play(t, cluster.Topology{
		Metadata: cluster.Metadata{Kind: "postgresql", Connect: g.place.Postgres.Login()},
		Defaults: cluster.Defaults{Announcer: "batch"}, // alone, as 0.14.0 does
		Roles:    []cluster.Role{{Kind: "coordinator"}, {Kind: "overlord"}, {Kind: "middlemanager"}, {Kind: "historical"}},
	})
	w := watch(t, g)
	ours := w.trialsIn(t, "ours")

	g.do(t, "stop historical-1")
	historical := g.seat(t, "historical", "historical", nil)
	up(t, historical)
	g.await(t, "queued() == 0 and announced(*) == 3")
	theirHistorical := w.trialsIn(t, "theirhistorical")
	historical.Stop()
	g.do(t, "start historical-1")

	overlord := g.seat(t, "overlord", "overlord", nil)
	up(t, overlord)
	g.do(t, "stop overlord-1")
	g.awaitLeader(t, "overlord", overlord.Host)
	g.await(t, "queued() == 0")
	theirOverlord := w.trialsIn(t, "theiroverlord")

	rows := [][]string{{"ms since the step before, median of " + fmt.Sprint(trials), "all ours", "real overlord " + real.Druid014, "real historical " + real.Druid014}}
	for i, step := range steps {
		rows = append(rows, []string{step.name, ms(ours[i]), ms(theirOverlord[i]), ms(theirHistorical[i])})
	}
	head := fmt.Sprintf("%s, Java %d: an index task of 18,000 rows and three segments, over PostgreSQL; our coordinator and middlemanager.\n\n", time.Now().UTC().Format("2006-01-02"), g.kit.Java)
	if err := os.WriteFile(file, []byte(head+table(rows)), 0o644); err != nil {
		t.Fatal(err)
	}
}

func ms(d time.Duration) string { return fmt.Sprintf("%.0f", float64(d.Microseconds())/1000) }

// watcher keeps what ZooKeeper was told.
type watcher struct {
	*game
	mu    sync.Mutex // guards steps
	steps []cluster.TraceStep
}

func watch(t *testing.T, g *game) *watcher {
	w := &watcher{game: g}
	ctx, cancel := context.WithCancel(t.Context())
	var reading sync.WaitGroup
	reading.Go(func() {
		for step, err := range g.ours.Trace(ctx, 0) {
			if err != nil {
				return // the test has ended, or will say what it misses
			}
			w.mu.Lock()
			w.steps = append(w.steps, step)
			w.mu.Unlock()
		}
	})
	t.Cleanup(func() { cancel(); reading.Wait() })
	return w
}

// trialsIn runs tasks in a setting, and returns the median time of each step.
func (w *watcher) trialsIn(t *testing.T, setting string) []time.Duration {
	t.Helper()
	all := make([][]time.Duration, len(steps))
	for n := range trials + 1 {
		took := w.trial(t, fmt.Sprintf("%s%d", setting, n))
		for i := range took {
			if n > 0 {
				all[i] = append(all[i], took[i])
			}
		}
	}
	medians := make([]time.Duration, len(steps))
	for i := range all {
		slices.Sort(all[i])
		medians[i] = all[i][len(all[i])/2]
	}
	return medians
}

// trial indexes the flights as a datasource of their own, and times the steps.
func (w *watcher) trial(t *testing.T, name string) []time.Duration {
	t.Helper()
	task := w.flightsTask(t, name)
	task["spec"].(object)["dataSchema"].(object)["dataSource"] = name
	before := time.Now()
	w.submit(t, task)
	took := make([]time.Duration, len(steps))
	for i, step := range steps {
		n := 1
		if !strings.HasPrefix(step.verb, "task") {
			n = 3 // segments
		}
		at := w.last(t, step.verb, name, n)
		took[i], before = at.Sub(before), at
	}
	w.await(t, fmt.Sprintf("served(%s) == 3 and queued() == 0", name))
	return took
}

// last waits until the given number of steps of a kind concerned subjects with a prefix, and returns when the last of
// them was.
func (w *watcher) last(t *testing.T, verb, subject string, n int) (at time.Time) {
	t.Helper()
	eventually(t, verb+" "+subject, func() (bool, any) {
		w.mu.Lock()
		defer w.mu.Unlock()
		seen := 0
		for _, s := range w.steps {
			if s.Verb == verb && strings.HasPrefix(s.Subject, subject) {
				seen += max(1, strings.Count(s.Subject, " ")+1)
				at = s.Time
			}
		}
		return seen >= n, seen
	})
	return at
}
