//go:build interop

package interop

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"oakmoot/cluster"
	"oakmoot/interop/real"
)

// flights are real rows of three months, a segment each.
func flights(replicas int) cluster.DataSource {
	ds := cluster.Quickstart().DataSources[0]
	ds.Rules = []cluster.LoadRule{{Type: "loadForever", TieredReplicants: map[string]int{"_default_tier": replicas}}}
	return ds
}

func TestMatrixRealHistoricalsUnderOurCoordinator(t *testing.T) {
	historicalStories(t, newGame(t), func() {})
}

func TestMatrixRealHistoricalsUnderOurCoordinatorOnAQuorum(t *testing.T) {
	g := newGame(t)
	servers := g.onQuorum(t)
	historicalStories(t, g, servers[1].Kill)
}

func TestMatrixHistoricalsOfDruid27UnderOurCoordinator(t *testing.T) {
	historicalStories(t, newGameOf(t, real.Druid27), func() {})
}

// historicalStories are cells 2 and 3. inTheMiddle is called in the middle of them.
func historicalStories(t *testing.T, g *game, inTheMiddle func()) {
	g.play(t, cluster.Topology{
		Roles: []cluster.Role{
			{Kind: "coordinator"}, {Kind: "overlord"}, {Kind: "middlemanager"}, {Kind: "broker"},
			{Kind: "historical", Name: []string{"our-historical"}},
		},
		DataSources: []cluster.DataSource{flights(1)},
	})
	g.do(t, "stop our-historical")
	a := g.seat(t, "historical", "a", nil)
	var b *real.Process
	who := "historical " + g.version

	g.cell(t, 2, who, "our coordinator loads on a real historical", func(t *testing.T) {
		g.await(t, "used(flights) == 3 and served(flights) == 3 and replicas(flights) == 3 and queued() == 0")
		if got := len(g.served(t, a.Host)); got != 3 {
			t.Errorf("got %d segments announced by the real historical, want 3", got)
		}
	})
	g.cell(t, 2, who, "our coordinator drops on it what is unused, and loads it again", func(t *testing.T) {
		segment := "/druid/coordinator/v1/datasources/flights/segments/" + g.served(t, a.Host)[0]
		call(t, "DELETE", g.host(t, "coordinator-1"), segment, nil)
		g.await(t, "used(flights) == 2 and served(flights) == 2 and queued() == 0")
		call(t, "POST", g.host(t, "coordinator-1"), segment, map[string]any{})
		g.await(t, "served(flights) == 3 and queued() == 0")
	})
	inTheMiddle()
	g.cell(t, 2, who, "our coordinator moves segments from one to another", func(t *testing.T) {
		b = g.seat(t, "historical", "b", nil)
		up(t, b)
		eventually(t, "segments on both", func() (bool, any) {
			onA, onB := g.served(t, a.Host), g.served(t, b.Host)
			return len(onA) > 0 && len(onB) > 0 && len(onA)+len(onB) == 3, [2][]string{onA, onB}
		})
		g.await(t, "replicas(flights) == 3 and queued() == 0")
	})
	g.cell(t, 2, who, "killed, it comes back with what its cache holds", func(t *testing.T) {
		before := g.served(t, a.Host)
		a.Kill()
		g.do(t, "stop coordinator-1") // which would drop again what has been replaced in the meantime
		start(t, a)
		eventually(t, "announced again", func() (bool, any) {
			now := g.served(t, a.Host)
			return containsAll(now, before), now
		})
		g.do(t, "start coordinator-1")
		g.await(t, "served(flights) == 3 and replicas(flights) == 3 and queued() == 0")
	})
	g.cell(t, 2, who, "its session expires: replaced meanwhile, announced again after", func(t *testing.T) {
		onBoth := func() (bool, any) {
			onA, onB := g.served(t, a.Host), g.served(t, b.Host)
			return len(onA) > 0 && len(onB) > 0 && len(onA)+len(onB) == 3, [2][]string{onA, onB}
		}
		eventually(t, "segments on both", onBoth)
		if err := a.Freeze(); err != nil {
			t.Fatal(err)
		}
		eventually(t, "gone, and all on the other", func() (bool, any) {
			return !g.announced(t, a.Host) && len(g.served(t, b.Host)) == 3, g.served(t, b.Host)
		})
		if err := a.Thaw(); err != nil {
			t.Fatal(err)
		}
		eventually(t, "announced again", func() (bool, any) { return g.announced(t, a.Host), nil })
		eventually(t, "segments on both", onBoth)
		// A request for a server that stops stays in its queue while the coordinator leads, as in Druid.
		g.await(t, "replicas(flights) == 3 and queued() == 0")
	})

	b.Stop()
	g.cell(t, 3, who, "replicas on the real one and on ours", func(t *testing.T) {
		g.do(t, "start our-historical")
		g.setRules(t, g.host(t, "coordinator-1"), 2)
		g.await(t, "replicas(flights) == 6 and queued() == 0")
		if diff := cmp.Diff(g.served(t, a.Host), g.served(t, g.host(t, "our-historical"))); diff != "" {
			t.Errorf("the real one (-) and ours (+) serve different segments:\n%s", diff)
		}
	})
	g.cell(t, 14, who, "it reads what our index task wrote: filtered queries answered as ours does", func(t *testing.T) {
		g.sameAnswers(t, "flights", a.Host, g.host(t, "our-historical"))
	})
	if g.version == real.Druid014 {
		g.dumpStories(t, g.host(t, "our-historical"))
	}
	g.cell(t, 3, who, "one replica: balanced over the real one and ours", func(t *testing.T) {
		g.setRules(t, g.host(t, "coordinator-1"), 1)
		eventually(t, "segments on both", func() (bool, any) {
			onA, onOurs := g.served(t, a.Host), g.served(t, g.host(t, "our-historical"))
			return len(onA) > 0 && len(onOurs) > 0 && len(onA)+len(onOurs) == 3, [2][]string{onA, onOurs}
		})
	})
	g.cell(t, 3, who, "ours is killed: the real one takes over", func(t *testing.T) {
		g.do(t, "kill our-historical")
		eventually(t, "all on the real one", func() (bool, any) {
			now := g.served(t, a.Host)
			return len(now) == 3, now
		})
	})
}

// start starts a process that has ended, and waits until it serves.
func start(t *testing.T, p *real.Process) {
	t.Helper()
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	up(t, p)
}

// setRules asks a coordinator for replicas of the flights in the default tier.
func (g *game) setRules(t *testing.T, coordinator string, replicas int) {
	t.Helper()
	rules := []map[string]any{{"type": "loadForever", "tieredReplicants": map[string]int{"_default_tier": replicas}}}
	call(t, "POST", coordinator, "/druid/coordinator/v1/rules/flights", rules)
}

func containsAll(all, wanted []string) bool {
	return !slices.ContainsFunc(wanted, func(s string) bool { return !slices.Contains(all, s) })
}
