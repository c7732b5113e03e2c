package cluster

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"oakmoot/internal/stage/scenario"
)

// calls are every function of conditions with every form of its argument.
func calls() []string {
	selectors := []string{
		"*", "historical", "historical-1", "historical.*-2", "historical@all", "historical@any", "broker", "coordinator-2",
		"coordinator@leader", "coordinator@follower", "overlord@leader,historical", "*,!overlord@leader", "*,!coordinator@follower",
	}
	arguments := map[scenario.ArgKind][]string{
		scenario.ArgKindName:   {"coordinator", "overlord"},
		scenario.ArgSelector:   selectors,
		scenario.ArgServer:     selectors,
		scenario.ArgDataSource: {"flights", "*", "none?"},
		scenario.ArgState:      scenario.TaskStates,
	}
	var all []string
	for _, f := range scenario.Functions {
		if len(f.Args) == 0 {
			all = append(all, f.Name+"()")
			continue
		}
		for _, arg := range arguments[f.Args[0]] {
			call := f.Name + "(" + arg + ")"
			c, err := scenario.ParseCondition(call)
			if err == nil && c.Check((&Cluster{planned: newPlanned(Quickstart())}).universe()) == nil { // a coordinator announces no segments
				all = append(all, call)
			}
		}
	}
	return all
}

// stands looks at a condition and fails the test unless it is as wanted.
func stands(t *testing.T, c *Cluster, condition string, want bool) (seen string) {
	t.Helper()
	parsed, err := scenario.ParseCondition(condition)
	if err != nil {
		t.Fatal(err)
	}
	l, err := c.observer.evaluate(t.Context(), parsed)
	if err != nil || l.holds != want {
		t.Errorf("%s: got %v, %v; want %v (%s)", condition, l.holds, err, want, l.seen)
	}
	return l.seen
}

// valueOf is the value of a call with nothing before it.
func valueOf(t *testing.T, c *Cluster, call string) string {
	t.Helper()
	seen := stands(t, c, call+" == 99999", false)
	value := seen[strings.LastIndex(seen, " ")+1:]
	if _, err := strconv.Atoi(value); err != nil {
		t.Fatalf("%s: seen %q", call, seen)
	}
	return value
}

// partners is with how many others each call is paired.
const partners = 3

// TestConditionMeansTheSameWhateverStandsBeforeIt pairs every function, over every form
// of selector, with others, in both orders, in a cluster at rest and in one whose
// leader was just killed.
func TestConditionMeansTheSameWhateverStandsBeforeIt(t *testing.T) {
	all := calls()
	if len(all) < 50 {
		t.Fatalf("only %d calls: %v", len(all), all)
	}
	for name, before := range map[string]string{"at rest": "", "leader killed": "kill coordinator@leader", "leader paused": "pause overlord@leader"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := RunT(t, Quickstart(), InMemory())
				mustHold(t, c, "tasks(SUCCESS) == 1 and replicas(flights) == 6 and queued() == 0")
				if before != "" {
					mustDo(t, c, before)
				}
				value := map[string]string{}
				for _, call := range all {
					value[call] = valueOf(t, c, call)
				}
				for i, a := range all {
					for j := range partners {
						b := all[(i+1+j*len(all)/partners)%len(all)]
						stands(t, c, fmt.Sprintf("%s == %s and %s == %s", a, value[a], b, value[b]), true)
						stands(t, c, fmt.Sprintf("%s == %s and %s == %s", b, value[b], a, value[a]), true)
					}
					b := all[(i+len(all)/3)%len(all)]
					stands(t, c, fmt.Sprintf("%s == 99999 and %s == %s", b, a, value[a]), false)
					stands(t, c, fmt.Sprintf("%s == 99999 or %s == %s", b, a, value[a]), true)
					stands(t, c, fmt.Sprintf("%s == %s or %s == 99999", a, value[a], b), true)
					stands(t, c, fmt.Sprintf("not %s == %s", a, value[a]), false)
				}
			})
		})
	}
}

func mustHold(t *testing.T, c *Cluster, condition string) {
	t.Helper()
	if err := c.WaitFor(t.Context(), condition); err != nil {
		t.Fatal(err)
	}
}

func mustDo(t *testing.T, c *Cluster, action string) Fault {
	t.Helper()
	f, err := c.Do(t.Context(), action)
	if err != nil {
		t.Fatalf("%s: %v", action, err)
	}
	return f
}

func statusOf(t *testing.T, c *Cluster, name string) (Status, Node) {
	t.Helper()
	st, err := c.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range st.Nodes {
		if n.Name == name {
			return st, n
		}
	}
	t.Fatalf("no node %s", name)
	return st, Node{}
}

// quiet is two of each kind that elects, and two historicals, in a bubble.
func quiet(t *testing.T, f func(t *testing.T, c *Cluster)) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f(t, RunT(t, Topology{
			ZooKeeper: ZooKeeper{Tick: Duration{Duration: 500 * time.Millisecond}, SessionTimeout: Duration{Duration: 6 * time.Second}},
			Roles:     []Role{{Kind: "coordinator", Count: 2}, {Kind: "overlord", Count: 2}, {Kind: "historical", Count: 2}},
		}, InMemory()))
	})
}

func TestLeaderThatCannotActDoesNotLeadThoughZooKeeperShowsIt(t *testing.T) {
	for _, tc := range []struct{ verb, state, note string }{
		{"kill", "killed", "shown as leader until its session ends in 6 s"},
		{"pause", "paused", "shown as leader until its session ends in "},
	} {
		t.Run(tc.verb, func(t *testing.T) {
			quiet(t, func(t *testing.T, c *Cluster) {
				time.Sleep(10 * time.Second)
				stands(t, c, "leaders(coordinator) == 1 and up(coordinator@leader) == 1 and up(coordinator@follower) == 1 and lingering(*) == 0", true)
				old := mustDo(t, c, tc.verb+" coordinator@leader").Nodes[0]
				stands(t, c, "leaders(coordinator) == 0 and up(coordinator@leader) == 0 and leaders(overlord) == 1", true)
				st, n := statusOf(t, c, old)
				if n.Leader || st.Leaders["coordinator"] != "" || n.State != tc.state || !strings.HasPrefix(n.Note, tc.note) {
					t.Errorf("got leader %v, leaders %v, state %s, note %q; want nobody to lead, %s, %q", n.Leader, st.Leaders, n.State, n.Note, tc.state, tc.note)
				}
				if host, err := c.Leader(t.Context(), "coordinator"); host != "" || err != nil {
					t.Errorf("requests are passed on to %q, %v", host, err)
				}
				_, err := c.Do(t.Context(), "kill coordinator@leader")
				if want := "no coordinator leads: " + old + " is " + tc.state + "; shown as leader until its session ends in "; err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("got %v, want it to say %q", err, want)
				}
				mustHold(t, c, "leaders(coordinator) == 1")
				if st, n := statusOf(t, c, old); n.Leader || st.Leaders["coordinator"] == old || len(n.Lingering) > 0 {
					t.Errorf("got %+v leading, leaders %v; want the other one", n, st.Leaders)
				}
				stands(t, c, "lingering(*) == 0 and candidates(coordinator) == 1", true)
			})
		})
	}
}

func TestCutOffLeaderLeadsUntilItKnows(t *testing.T) {
	quiet(t, func(t *testing.T, c *Cluster) {
		old := mustDo(t, c, "partition coordinator@leader from zookeeper").Nodes[0]
		stands(t, c, "leaders(coordinator) == 1 and up(coordinator@leader) == 1", true) // it still acts
		mustHold(t, c, "leaders(coordinator) == 0")
		if _, n := statusOf(t, c, old); !strings.HasPrefix(n.Note, "without ZooKeeper; shown as leader until its session ends in ") {
			t.Errorf("got note %q", n.Note)
		}
		mustHold(t, c, "leaders(coordinator) == 1")
		if _, n := statusOf(t, c, old); n.Leader || n.Note != "without ZooKeeper; its session has ended" {
			t.Errorf("got leader %v, note %q", n.Leader, n.Note)
		}
		mustDo(t, c, "heal")
		mustHold(t, c, "candidates(coordinator) == 2 and leaders(coordinator) == 1")
		if _, n := statusOf(t, c, old); n.Note != "" {
			t.Errorf("healed: got note %q", n.Note)
		}
	})
}

func TestLeaderThatActsOnWithoutItsSessionIsNotHidden(t *testing.T) {
	quiet(t, func(t *testing.T, c *Cluster) {
		old := mustDo(t, c, "delay coordinator@leader from zookeeper by 1500ms").Nodes[0]
		mustDo(t, c, "expire_session "+old)
		mustHold(t, c, "leaders(coordinator) == 1")
		if st, n := statusOf(t, c, old); n.Leader || st.Leaders["coordinator"] == old || n.Note != "its session has ended, which it does not know yet" {
			t.Errorf("got leaders %v, note %q", st.Leaders, n.Note)
		}
		mustHold(t, c, "candidates(coordinator) == 2")
		if _, n := statusOf(t, c, old); n.Note != "" {
			t.Errorf("got note %q", n.Note)
		}
	})
}

func TestWhatDeadNodesHaveLeftIsToldApart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := RunT(t, Quickstart(), InMemory())
		mustHold(t, c, "tasks(SUCCESS) == 1 and replicas(flights) == 6 and queued() == 0")
		sessions, err := strconv.Atoi(valueOf(t, c, "sessions()"))
		if err != nil {
			t.Fatal(err)
		}
		mustDo(t, c, "kill historical-1")
		stands(t, c, fmt.Sprintf("served(flights) == 3 and replicas(flights) == 3 and segments(historical-1) == 0 and segments(historical) == 3 and sessions() == %d", sessions-1), true)
		stands(t, c, "announced(historical) == 1 and lingering(historical) == 1 and lingering(historical-1) == 1", true)
		mustDo(t, c, "kill historical-2")
		stands(t, c, "served(flights) == 0 and used(flights) == 3", true)
		st, n := statusOf(t, c, "historical-1")
		if st.Served["flights"] != 0 || len(n.Lingering) != 1 || n.Lingering[0].Ends.Before(time.Now()) || n.Note == "" || n.Session != "" {
			t.Errorf("got served %v, %+v", st.Served, n)
		}
		gone := map[string]bool{}
		for _, s := range st.Segments {
			gone[s.Node] = s.Gone
		}
		if !gone["historical-1"] || !gone["historical-2"] || gone["realtime-1"] {
			t.Errorf("got gone %v, want the two historicals", gone)
		}
		mustDo(t, c, "start historical")
		mustHold(t, c, "replicas(flights) == 6 and lingering(*) == 0")
	})
}

func TestWhatAnEarlierLifeHasLeftIsNotTheNodesOwn(t *testing.T) {
	quiet(t, func(t *testing.T, c *Cluster) {
		old := mustDo(t, c, "kill coordinator@leader").Nodes[0]
		mustDo(t, c, "start "+old)
		mustHold(t, c, "candidates(coordinator) == 2")
		stands(t, c, "lingering("+old+") == 1 and leaders(coordinator) == 0", true)
		if _, n := statusOf(t, c, old); n.Leader || !strings.HasPrefix(n.Note, "what it left in an earlier session goes in ") {
			t.Errorf("got leader %v, note %q", n.Leader, n.Note)
		}
		mustHold(t, c, "lingering(*) == 0 and leaders(coordinator) == 1")
	})
}

func TestStoppedNodeLeavesNothing(t *testing.T) {
	quiet(t, func(t *testing.T, c *Cluster) {
		old := mustDo(t, c, "stop coordinator@leader").Nodes[0]
		stands(t, c, "lingering(*) == 0 and candidates(coordinator) == 1", true)
		if _, n := statusOf(t, c, old); n.State != "stopped" || n.Note != "" {
			t.Errorf("got %s, note %q", n.State, n.Note)
		}
	})
}

func TestNobodyIsASelectorsErrorInFaultsAsInConditions(t *testing.T) {
	quiet(t, func(t *testing.T, c *Cluster) {
		for text, want := range map[string]string{
			"historical@leader":         "a historical does not lead",
			"historical@follower":       "a historical does not lead",
			"broker":                    "there is no broker",
			"broker@leader":             "a broker does not lead",
			"router":                    "there is no router",
			"historical-9":              `did you mean "historical-1"`,
			"historical.cold-*":         "no historical's name matches",
			"historical,!historical":    "can mean nobody",
			"coordinator@leader,!*":     "can mean nobody",
			"coordinator-1@leader":      "is a node, not a kind",
			"coordinator@leader,realt*": "unknown kind or node",
		} {
			_, fault := c.Do(t.Context(), "kill "+text)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			wait := c.WaitFor(ctx, "up("+text+") == 0")
			cancel()
			topo := Topology{Roles: c.topo.Roles, Steps: []Step{{At: Span{Set: true}, Do: "kill", Target: text}}}
			for what, err := range map[string]error{"fault": fault, "condition": wait, "check": topo.Check()} {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("%s of %q: got %v, want %q", what, text, err, want)
				}
			}
		}
	})
}
