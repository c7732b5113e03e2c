package cluster_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"oakmoot/cluster"
)

// killed runs two coordinators of which the leader is killed for three seconds, and
// returns the verdict, the story and the record.
func killed(t *testing.T) (v cluster.Verdict, s cluster.Story, recorded string) {
	t.Helper()
	topo := cluster.Topology{
		Schema: 1, Name: "killed", RunFor: span("12s"),
		ZooKeeper: cluster.ZooKeeper{Tick: duration("500ms"), SessionTimeout: duration("4s")},
		Roles:     []cluster.Role{{Kind: "coordinator", Count: 2}},
		Steps:     []cluster.Step{{Name: "crash", At: span("2s"), Do: "kill coordinator@leader for 6s"}},
		Expects:   []cluster.Expect{{Never: "leaders(coordinator) == 0"}},
	}
	file := filepath.Join(t.TempDir(), "r.jsonl")
	synctest.Test(t, func(t *testing.T) {
		c, err := cluster.New(topo, cluster.InMemory(), cluster.DataDir(t.TempDir()), cluster.Record(file), cluster.KeepSteps())
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Run(t.Context()); err == nil {
			t.Error("the run was not broken")
		}
		v, s = c.Verdict(), c.Story()
	})
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return v, s, string(b)
}

func TestStoryTellsAKillItsConsequencesAndItsEndInTheirOrder(t *testing.T) {
	_, s, recorded := killed(t)
	var told []string
	leader := ""
	for _, step := range s.Steps {
		if step.Protocol == cluster.ProtocolFault && leader == "" {
			leader = step.Node
		}
		if leader == "" || step.Protocol == cluster.ProtocolDiscovery {
			continue
		}
		told = append(told, strings.Replace(step.Node, leader, "leader", 1)+": "+step.Verb)
	}
	want := []string{
		"leader: kill", "leader: is killed", "leader: coordinator no longer leads", "leader: session expired", "coordinator leads", "leader: kill ends", "leader: starts", "leader: coordinator joins the election",
	}
	at := 0
	for _, line := range told {
		if at < len(want) && strings.HasSuffix(line, want[at]) {
			at++
		}
	}
	if at < len(want) {
		t.Errorf("the story lacks %q in its place:\n%s", want[at], strings.Join(told, "\n"))
	}
	if lines := strings.Count(recorded, "\n") - strings.Count(recorded, `"verb":"notes"`); lines != len(s.Steps)+1 {
		t.Errorf("got %d lines in the record, want its first and one for each of %d steps, beside the notes", lines, len(s.Steps))
	}
}

func TestVerdictSaysWhatBrokeFirstAndWhatAFaultMet(t *testing.T) {
	v, s, _ := killed(t)
	if e := v.Expectations[0]; e.Text != "never leaders(coordinator) == 0" || e.State != "broken" || e.Zxid == 0 || e.Time.Before(s.Began) {
		t.Errorf("got %+v, want it broken after some commit", e)
	}
	if len(v.Failovers) != 1 || v.Failovers[0].Times != 1 || v.Failovers[0].Longest < 2 || v.Failovers[0].Longest > 6 || v.Failovers[0].Leaderless {
		t.Errorf("got failovers %+v, want one of about the session timeout", v.Failovers)
	}
	if len(v.Faults) != 1 || v.Faults[0].Step != 1 || v.Faults[0].Name != "crash" || v.Faults[0].Ended.Sub(v.Faults[0].Since).Seconds() != 6 {
		t.Errorf("got faults %+v, want the step's, for 6s", v.Faults)
	}
	if st := v.Steps[0]; len(st.Nodes) != 1 || st.Never != "" {
		t.Errorf("got step %+v, want it to have met one node", st)
	}
}
