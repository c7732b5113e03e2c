package cluster_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"oakmoot/cluster"
)

// planned is what a past says of the topology's play after a step.
func planned(t *testing.T, p *cluster.Past, seq int64) (step cluster.StepState, expects string) {
	t.Helper()
	st, err := p.StatusAt(seq, 0)
	if err != nil {
		t.Fatal(err)
	}
	if len(st.Steps) != 1 || len(st.Expects) != 2 || slices.Contains(st.Unknown, "steps") || slices.Contains(st.Unknown, "expectations") || !slices.Contains(st.Unknown, "rows") {
		t.Fatalf("after step %d: got %+v, %+v, and unknown %v", seq, st.Steps, st.Expects, st.Unknown)
	}
	return st.Steps[0], st.Expects[0].State + ", " + st.Expects[1].State
}

func TestThePastSaysWhatHadComeOfStepsAndExpectations(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "r.jsonl")
	topo := cluster.Small()
	topo.Roles = []cluster.Role{{Kind: "coordinator", Count: 2}}
	topo.Steps = []cluster.Step{{Name: "crash", At: span("2s"), Do: "kill coordinator-2 for 5s"}}
	topo.Expects = []cluster.Expect{{Eventually: "up(coordinator) == 2", Within: span("20s")}, {Never: "up(coordinator) == 0"}}
	var got cluster.Verdict
	var downloaded bytes.Buffer
	check := func(t *testing.T, p *cluster.Past) {
		t.Helper()
		steps := allSteps(t, p)
		killed := steps[slices.IndexFunc(steps, func(s cluster.PastStep) bool { return s.Verb == "is killed" })].Seq
		if step, expects := planned(t, p, killed-2); step.Times != 0 || !step.Fired.IsZero() || step.Due.IsZero() || step.When != "at 2s" || expects != "pending, held" {
			t.Errorf("before the kill: got %+v, %s", step, expects)
		}
		last := p.Span().Last
		step, expects := planned(t, p, last)
		if want := got.Steps[0]; step.Times != 1 || !step.Fired.Equal(want.Fired) || strings.Join(step.Nodes, ",") != "coordinator-2" || expects != "held, held" {
			t.Errorf("at the end: got %+v, %s, want %+v", step, expects, want)
		}
		if step, _ := planned(t, p, 1); step.Name != "crash" || step.Times != 0 {
			t.Errorf("after the first step: got %+v", step)
		}
	}
	attended(t, topo, func(t *testing.T, c *cluster.Cluster) {
		time.Sleep(30 * time.Second)
		<-c.Settled()
		got = c.Verdict()
		check(t, c.Past())
		if err := c.Past().WriteRecord(&downloaded); err != nil {
			t.Fatal(err)
		}
	}, cluster.Record(file))
	recorded, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{"recorded": recorded, "downloaded": downloaded.Bytes()} {
		t.Run(name, func(t *testing.T) {
			p, err := cluster.Replay(bytes.NewReader(text), name)
			if err != nil {
				t.Fatal(err)
			}
			check(t, p)
		})
	}
}

func TestARecordWithoutNotesLeavesThePlanUnknown(t *testing.T) {
	const line = `{"zxid":1,"protocol":"layout","verb":"create","op":"create","path":"/druid"}` + "\n"
	p, err := cluster.Replay(strings.NewReader(line), "old.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	st, err := p.StatusAt(1, 0)
	if err != nil || !slices.Contains(st.Unknown, "steps") || !slices.Contains(st.Unknown, "expectations") || len(st.Steps) > 0 {
		t.Errorf("got %v unknown, steps %v, %v", st.Unknown, st.Steps, err)
	}
}
