package cluster_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"oakmoot/cluster"
)

// play runs a topology of one coordinator and one historical with the given steps
// and expectations for ten seconds of virtual time, and returns what Run returned
// and how long it took.
func play(t *testing.T, steps []cluster.Step, expects ...cluster.Expect) (err error, took time.Duration) {
	t.Helper()
	topo := cluster.Topology{
		Schema: 1, Name: "expect", Steps: steps, Expects: expects, RunFor: span("10s"),
		ZooKeeper: cluster.ZooKeeper{Tick: duration("500ms"), SessionTimeout: duration("4s")},
		Roles:     []cluster.Role{{Kind: "coordinator", Count: 2}, {Kind: "historical", Count: 2}},
	}
	return playAll(t, topo)
}

// playAll runs a topology in virtual time, and returns what Run returned and how long it
// took.
func playAll(t *testing.T, topo cluster.Topology) (err error, took time.Duration) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		c, newErr := cluster.New(topo, cluster.InMemory(), cluster.DataDir(t.TempDir()))
		if newErr != nil {
			t.Fatal(newErr)
		}
		start := time.Now()
		err = c.Run(t.Context())
		took = time.Since(start)
	})
	return err, took
}

func span(text string) cluster.Span {
	var d cluster.Span
	if err := d.UnmarshalText([]byte(text)); err != nil {
		panic(err)
	}
	return d
}

func duration(text string) cluster.Duration {
	return cluster.Duration{Duration: span(text).Duration, Set: true}
}

func TestExpectationsAreJudged(t *testing.T) {
	killForGood := []cluster.Step{{Name: "kill", At: span("2s"), Do: "kill", Target: "historical-1"}}
	for name, tc := range map[string]struct {
		steps  []cluster.Step
		expect cluster.Expect
		broken string // "" when all holds
	}{
		"always held":                          {expect: cluster.Expect{Always: "up(historical) == 2"}},
		"always broken":                        {steps: killForGood, expect: cluster.Expect{Always: "up(historical) == 2"}, broken: "always up(historical) == 2"},
		"eventually held":                      {steps: killForGood, expect: cluster.Expect{Eventually: "up(historical) == 1", Within: span("1s")}},
		"eventually, but never":                {steps: killForGood, expect: cluster.Expect{Eventually: "up(historical) == 0", Within: span("1s")}, broken: "eventually up(historical) == 0"},
		"eventually in time":                   {steps: killForGood, expect: cluster.Expect{Eventually: "lingering(historical) == 0 and announced(historical) == 1", Within: span("6s")}},
		"since the last fault, healed at last": {steps: killForGood, expect: cluster.Expect{Eventually: "announced(historical) == 2", Within: span("5s"), Since: "last_fault"}},
		"never held":                           {expect: cluster.Expect{Never: "up(historical) == 1"}},
		"never broken":                         {steps: killForGood, expect: cluster.Expect{Never: "up(historical) == 1"}, broken: "never up(historical) == 1"},
		"since ready, too late for the step": {
			steps: killForGood, expect: cluster.Expect{Eventually: "up(historical) == 1", Within: span("1s"), Since: "ready"}, broken: "eventually up(historical) == 1",
		},
		"since a step": {steps: killForGood, expect: cluster.Expect{Eventually: "lingering(historical) == 0", Within: span("6s"), Since: "step:kill"}},
		"since a step that never took place": {
			steps:  []cluster.Step{{Name: "kill", When: "role:historical-2 down", Do: "kill historical-1", Optional: true}},
			expect: cluster.Expect{Eventually: "up(historical) == 2", Since: "step:kill"}, broken: "step kill never took place",
		},
		"a failover in its time": {
			steps:  []cluster.Step{{At: span("1s"), Do: "kill coordinator@leader"}},
			expect: cluster.Expect{Eventually: "failovers(coordinator) == 1 and failover(coordinator) < 1.5x session_timeout and failover(coordinator) > 1s", Within: span("8s")},
		},
		"a failover that takes too long": {
			steps:  []cluster.Step{{At: span("1s"), Do: "kill coordinator@leader"}},
			expect: cluster.Expect{Always: "failover(coordinator) < 0.5x session_timeout"}, broken: "always failover(coordinator) < 0.5x session_timeout",
		},
		"when the leader changes": {
			steps: []cluster.Step{
				{At: span("1s"), Do: "kill coordinator@leader"},
				{Name: "again", When: "leader:coordinator changed", Do: "kill historical-1", Then: "up(historical) == 1", Within: span("1s")},
			},
			expect: cluster.Expect{Eventually: "done(again) == 1", Within: span("8s")},
		},
		"what is to follow does not": {
			steps:  []cluster.Step{{Name: "kill", At: span("1s"), Do: "kill historical-1", Then: "up(historical) == 2", Within: span("1s")}},
			broken: "step kill: then up(historical) == 2 does not hold after 1s: up(historical) is 1",
		},
		"an event that does not come": {
			steps: []cluster.Step{{Name: "kill", When: "session:historical-1 expired", Do: "kill historical-1"}}, broken: "step kill never took place: there was no session:historical-1 expired",
		},
		"every second, when it expires, when it is back": {
			steps: []cluster.Step{
				{Name: "expire", Every: span("2s"), Times: 2, Do: "expire_session historical-1"},
				{Name: "expired", When: "session:historical-1 expired", Times: 2, Do: "heal"},
				{Name: "back", When: "session:historical-1 reconnected", Times: 2, Do: "heal"},
				{Name: "znode", When: "zk:create /druid/announcements/*", Do: "heal"},
			},
			expect: cluster.Expect{Eventually: "done(expired) == 2 and done(back) == 2 and done(znode) == 1", Within: span("5s")},
		},
		"a step that came too late and may": {
			steps: []cluster.Step{{Name: "late", At: span("1m"), Do: "kill", Target: "historical-1", Optional: true}},
		},
		"a step that could not be done": {
			steps: []cluster.Step{
				{At: span("1s"), Do: "kill", Target: "coordinator@leader"}, {Name: "nobody", At: span("2s"), Do: "kill", Target: "coordinator@leader"},
			},
			broken: "step nobody: coordinator@leader picks no node now; no coordinator leads: coordinator-",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			expects := []cluster.Expect{tc.expect}
			if tc.expect == (cluster.Expect{}) {
				expects = nil
			}
			err, _ := play(t, tc.steps, expects...)
			switch {
			case tc.broken == "" && err != nil:
				t.Errorf("got %v, want all to hold", err)
			case tc.broken != "" && (!errors.Is(err, cluster.ErrBroken) || !strings.Contains(err.Error(), tc.broken)):
				t.Errorf("got %v, want it broken: %s", err, tc.broken)
			}
		})
	}
}

// TestWholeAnswersAreExpected has a broker asked for rows, in the words of a file and in Go.
func TestWholeAnswersAreExpected(t *testing.T) {
	const query = `{"queryType":"timeseries","dataSource":"logs","granularity":"day","intervals":["2020-01-01/2020-01-03"],"aggregations":[{"type":"count","name":"n"}]}`
	const right = `[{"timestamp":"2020-01-01T00:00:00.000Z","result":{"n":5}},{"timestamp":"2020-01-02T00:00:00.000Z","result":{"n":5}}]`
	file := filepath.Join(t.TempDir(), "answer.json")
	if err := os.WriteFile(file, []byte(right), 0o600); err != nil {
		t.Fatal(err)
	}
	publish := []cluster.Step{{At: span("1s"), Do: "publish logs segments 2 rows 5"}}
	topo := func(e cluster.Expect) cluster.Topology {
		small := cluster.Small()
		small.Steps, small.Expects, small.End = publish, []cluster.Expect{e}, "settled"
		return small
	}
	if err, _ := playAll(t, topo(cluster.Expect{Query: query, AnswerFile: file})); err != nil {
		t.Errorf("got %v, want that the broker answers so", err)
	}
	wrong := []any{map[string]any{"timestamp": "2020-01-01T00:00:00.000Z", "result": map[string]any{"n": int64(6)}}}
	err, took := playAll(t, topo(cluster.Expect{Query: query, Answer: wrong, Within: span("5s")}))
	const want = `eventually timeseries of logs answers the 1 row written: broken (timeseries of logs answers the 1 row written does not hold after 5s: ` +
		`1 row expected, 2 came: row 1 is {"result":{"n":5},"timestamp":"2020-01-01T00:00:00.000Z"} and not {"result":{"n":6},"timestamp":"2020-01-01T00:00:00.000Z"} (result.n: 5, not 6)`
	if !errors.Is(err, cluster.ErrBroken) || !strings.Contains(err.Error(), want) || took > 10*time.Second {
		t.Errorf("after %v: %v", took, err)
	}
}

func TestRunEndsWhenItsTimeIsOver(t *testing.T) {
	err, took := play(t, nil)
	if err != nil {
		t.Fatal(err)
	}
	if took < 10*time.Second || took > 12*time.Second {
		t.Errorf("ran for %v, want 10s and the way there", took)
	}
}

// TestSlowStepHoldsUpNoLaterOne has a step that takes seconds, as a stop does that
// waits for a goodbye behind a slow link, and others soon after it.
// TestRunEndsOnceItHasSettled ends long before run_for, when all has been judged.
func TestRunEndsOnceItHasSettled(t *testing.T) {
	topo := cluster.Topology{
		Schema: 1, Name: "settled", End: "settled", RunFor: span("1h"),
		ZooKeeper: cluster.ZooKeeper{Tick: duration("500ms"), SessionTimeout: duration("4s")},
		Roles:     []cluster.Role{{Kind: "coordinator", Count: 2}, {Kind: "historical"}},
		Steps:     []cluster.Step{{At: span("1s"), Do: "kill coordinator@leader"}},
		Expects:   []cluster.Expect{{Eventually: "failovers(coordinator) == 1"}},
	}
	synctest.Test(t, func(t *testing.T) {
		c, err := cluster.New(topo, cluster.InMemory(), cluster.DataDir(t.TempDir()))
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if err := c.Run(t.Context()); err != nil {
			t.Error(err)
		}
		if took := time.Since(start); took > time.Minute {
			t.Errorf("the run ended after %v", took)
		}
	})
}

func TestSlowStepHoldsUpNoLaterOne(t *testing.T) {
	topo := cluster.Topology{
		Schema: 1, Name: "slow", RunFor: span("20s"),
		ZooKeeper: cluster.ZooKeeper{Tick: duration("500ms"), SessionTimeout: duration("8s")},
		Roles:     []cluster.Role{{Kind: "coordinator"}, {Kind: "historical", Count: 2}},
		Steps: []cluster.Step{
			{Name: "slow link", At: span("1s"), Do: "delay", Target: "historical-1", By: cluster.Span{Duration: time.Second, Set: true}},
			{Name: "slow", At: span("2s"), Do: "stop", Target: "historical-1"},
			{Name: "later", At: span("2100ms"), Do: "kill", Target: "historical-2"},
		},
	}
	synctest.Test(t, func(t *testing.T) {
		c, err := cluster.New(topo, cluster.InMemory(), cluster.DataDir(t.TempDir()))
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		steps := c.Verdict().Steps
		if got := steps[2].Fired.Sub(steps[1].Fired); got != 100*time.Millisecond {
			t.Errorf("the later step was asked for %v after the slow one, want 100ms", got)
		}
	})
}

func TestWhatHoldsOverNothingHasNotHeld(t *testing.T) {
	for name, tc := range map[string]struct {
		expect cluster.Expect
		broken string // "" when it has held
	}{
		"eventually, counts of nothing": {cluster.Expect{Eventually: "served(*) == used(*)", Within: span("1s")}, "true only over nothing"},
		"always, counts of nothing":     {cluster.Expect{Always: "served(*) <= used(*)"}, "true only over nothing"},
		"a count that is asked to be 0": {cluster.Expect{Always: "used(*) == 0"}, ""},
		"nothing of the kind":           {cluster.Expect{Always: "queued() == 0"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err, _ := play(t, nil, tc.expect)
			if tc.broken == "" && err != nil || tc.broken != "" && (!errors.Is(err, cluster.ErrBroken) || !strings.Contains(err.Error(), tc.broken)) {
				t.Errorf("got %v, want %q", err, tc.broken)
			}
		})
	}
}
