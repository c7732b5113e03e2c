package playbook_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/stage/playbook"
	"oakmoot/internal/stage/scenario"
	"oakmoot/topology"
)

// house is a theatre of a test: it notes what is played, and its events happen when the
// test says so.
type house struct {
	start time.Time

	mu     sync.Mutex // guards the fields below
	played []string
	fires  map[string]func(int)
}

func (h *house) theatre() playbook.Theatre {
	return playbook.Theatre{
		Act: func(_ context.Context, _ int, a scenario.Action, prompt bool) error {
			h.mu.Lock()
			defer h.mu.Unlock()
			at := time.Since(h.start).String()
			if prompt {
				at += " at once"
			}
			h.played = append(h.played, at+" "+a.String())
			if a.Verb.Name == "resume" {
				return errors.New("nobody is paused")
			}
			return nil
		},
		Watch: func(t scenario.Trigger, fire func(int)) func() {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.fires[t.String()] = fire
			return func() {}
		},
		Hold: func(ctx context.Context, c scenario.Condition) error {
			if c.String() == "queued() == 0" {
				return nil
			}
			<-ctx.Done()
			return fmt.Errorf("%s does not hold", c)
		},
		Holds: func(context.Context, scenario.Condition) bool { return time.Since(h.start) > 25*time.Second },
		Log:   hclog.NewNullLogger(),
	}
}

// play plays the steps for a minute, with events at their seconds, and returns what was
// done and what went wrong.
func play(t *testing.T, steps []topology.Step, events map[int]string) (played, problems []string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		h := &house{start: time.Now(), fires: map[string]func(int){}}
		read, err := playbook.Read(steps, scenario.Universe{}, 10*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		p := playbook.New(read, 1, h.theatre())
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- p.Play(ctx) }()
		for second := range 60 {
			synctest.Wait()
			if event := events[second]; event != "" {
				h.mu.Lock()
				fire := h.fires[event]
				h.mu.Unlock()
				fire(1)
			}
			time.Sleep(time.Second)
		}
		began := time.Now()
		limited, late := context.WithTimeout(ctx, time.Hour)
		defer late()
		if p.Calm(limited); time.Since(began) > 0 {
			t.Error("ZooKeeper waits for a step that meets no more events")
		}
		p.End()
		synctest.Wait()
		select {
		case <-p.Done():
		default:
			t.Error("the playbook has ended and is not done")
		}
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("got error %v, want that it was cancelled", err)
		}
		played, problems = h.played, p.Problems()
	})
	return played, problems
}

func seconds(n float64) topology.Span {
	return topology.Span{Duration: time.Duration(n * float64(time.Second)), Set: true}
}

func TestStepsArePlayedAtTheirTimes(t *testing.T) {
	const changed = "leader:coordinator changed"
	for name, tt := range map[string]struct {
		steps    []topology.Step
		events   map[int]string
		played   []string
		problems []string
	}{
		"at": {
			steps: []topology.Step{
				{At: seconds(2), Do: "resume broker"},
				{At: seconds(1), Do: "kill broker for 20s"},
				{At: seconds(2), Do: "heal"},
				{At: seconds(3600), Do: "stop broker", Optional: true},
				{At: seconds(3600), Do: "restart broker"},
			},
			played:   []string{"1s kill broker for 20s", "2s resume broker", "2s heal"},
			problems: []string{"step resume broker: nobody is paused", "step restart broker never took place"},
		},
		"every, until its end": {
			steps:  []topology.Step{{Every: seconds(25), Do: "heal"}},
			played: []string{"25s heal", "50s heal"},
		},
		"every, so many times": {
			steps:  []topology.Step{{Every: seconds(5), Skip: 1, Times: 2, Do: "heal"}},
			played: []string{"10s heal", "15s heal"},
		},
		"every, until a time": {
			steps:  []topology.Step{{Every: seconds(5), Until: "12s", Do: "heal"}},
			played: []string{"5s heal", "10s heal"},
		},
		"every, until a condition holds": {
			steps:  []topology.Step{{Every: seconds(10), Until: "queued() > 0", Do: "heal"}},
			played: []string{"10s heal", "20s heal"},
		},
		"when, once, before the commit is answered": {
			steps:  []topology.Step{{When: changed, Do: "kill broker"}},
			events: map[int]string{3: changed, 5: changed},
			played: []string{"3s at once kill broker"},
		},
		"when, some of its times, later": {
			steps:  []topology.Step{{When: changed, Skip: 1, Times: 2, After: seconds(0.5), Do: "kill broker"}},
			events: map[int]string{3: changed, 5: changed, 7: changed, 9: changed},
			played: []string{"5.5s kill broker", "7.5s kill broker"},
		},
		"when a step is done": {
			steps:  []topology.Step{{Name: "first", At: seconds(4), Do: "heal"}, {When: "step:first done", Do: "stop broker"}},
			played: []string{"4s heal", "4s stop broker"},
		},
		"when, never": {
			steps:    []topology.Step{{When: changed, Do: "kill broker"}, {When: changed, Do: "heal", Optional: true}},
			problems: []string{"step kill broker never took place: there was no leader:coordinator changed"},
		},
		"then": {
			steps: []topology.Step{
				{Name: "well", At: seconds(1), Do: "heal", Then: "queued() == 0"},
				{Name: "badly", At: seconds(1), Do: "heal", Then: "queued() == 1", Within: seconds(2)},
			},
			played:   []string{"1s heal", "1s heal"},
			problems: []string{"step badly: then queued() == 1 does not hold"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			played, problems := play(t, tt.steps, tt.events)
			if diff := cmp.Diff(tt.played, played); diff != "" {
				t.Errorf("played: -want +got:\n%s", diff)
			}
			if diff := cmp.Diff(strings.Join(tt.problems, "\n"), strings.Join(problems, "\n")); diff != "" {
				t.Errorf("problems: -want +got:\n%s", diff)
			}
		})
	}
}

// TestChanceIsTheSeeds plays a step that is done by chance, and one at a random time.
func TestChanceIsTheSeeds(t *testing.T) {
	steps := []topology.Step{
		{Every: seconds(1), Probability: 0.5, Do: "heal"},
		{At: seconds(1), Jitter: topology.Span{Duration: time.Second, Set: true}, Do: "stop broker"},
	}
	first, _ := play(t, steps, nil)
	again, _ := play(t, steps, nil)
	if diff := cmp.Diff(first, again); diff != "" {
		t.Errorf("the same seed plays something else: -first +again:\n%s", diff)
	}
	if len(first) < 15 || len(first) > 45 {
		t.Errorf("of 59 steps with a probability of 0.5, %d were done", len(first))
	}
}

// TestTimesMayBeMultiplesOfTheSessionTimeout plays steps under a session timeout of 10 s.
func TestTimesMayBeMultiplesOfTheSessionTimeout(t *testing.T) {
	sessions := func(n float64) topology.Span { return topology.Span{Sessions: n, Set: true} }
	played, _ := play(t, []topology.Step{
		{At: sessions(0.5), Do: "stop broker"},
		{Every: sessions(1), Until: "2.5x session_timeout", Do: "heal"},
		{When: "zk:create /a", After: sessions(1.5), Do: "start broker"},
	}, map[int]string{20: "zk:create /a"})
	want := []string{"5s stop broker", "10s heal", "20s heal", "35s start broker"}
	if diff := cmp.Diff(want, played); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
