package cluster_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"oakmoot/cluster"
)

// bubble runs a cluster of the topology in virtual time and gives it to f. Each has its
// own time, so that the tests run in parallel.
func bubble(t *testing.T, topo cluster.Topology, f func(t *testing.T, c *cluster.Cluster)) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f(t, cluster.RunT(t, topo, cluster.InMemory()))
	})
}

// await fails the test when the condition does not come true within some time.
func await(t *testing.T, c *cluster.Cluster, condition string, within time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	if err := c.WaitFor(ctx, condition); err != nil {
		t.Fatal(err)
	}
}

func do(t *testing.T, c *cluster.Cluster, action string) cluster.Fault {
	t.Helper()
	f, err := c.Do(t.Context(), action)
	if err != nil {
		t.Fatalf("%s: %v", action, err)
	}
	return f
}

const allServed = "used(flights) == 3 and replicas(flights) == 6"

func TestQuickstartServesEveryUsedSegmentTwice(t *testing.T) {
	bubble(t, cluster.Quickstart(), func(t *testing.T, c *cluster.Cluster) {
		await(t, c, "up(*) == 10 and leaders(coordinator) == 1 and leaders(overlord) == 1", time.Second)
		await(t, c, "tasks(SUCCESS) == 1 and "+allServed, 10*time.Second)
		await(t, c, "realtime(flights-live) >= 1 and queued() == 0", 10*time.Second)
		synctest.Wait() // nothing changes any more at this time
		readsTheSameInPages(t, c)
	})
}

func TestQuickstartOnThreeServers(t *testing.T) {
	topo := cluster.Quickstart()
	topo.ZooKeeper.Servers = 3
	bubble(t, topo, func(t *testing.T, c *cluster.Cluster) {
		await(t, c, allServed, 20*time.Second)
		st, err := c.Status(t.Context())
		if n := len(strings.Split(st.ZooKeeper, ",")); n != 3 || err != nil {
			t.Errorf("zookeeper at %q, %v; want three addresses", st.ZooKeeper, err)
		}
	})
}

func TestKilledLeadersAreReplacedOnceTheirSessionsHaveTimedOut(t *testing.T) {
	bubble(t, cluster.Quickstart(), func(t *testing.T, c *cluster.Cluster) {
		await(t, c, allServed, 20*time.Second)
		for _, kind := range []string{"coordinator", "overlord"} {
			before := leader(t, c, kind)
			start := time.Now()
			if killed := do(t, c, "kill "+kind+"@leader"); len(killed.Nodes) != 1 || killed.Nodes[0] != before {
				t.Errorf("killed %v, want the leading %s %s", killed.Nodes, kind, before)
			}
			await(t, c, "leaders("+kind+") == 1", 10*time.Second)
			if d := time.Since(start); d < 3*time.Second || d > 7*time.Second {
				t.Errorf("%s led for %v after its death, want about its session timeout of 6s", kind, d)
			}
			if after := leader(t, c, kind); after == before {
				t.Errorf("%s leads again, though it is dead", after)
			}
			do(t, c, "start "+before)
			await(t, c, "up(*) == 10", 10*time.Second)
		}
		await(t, c, allServed, 20*time.Second)
	})
}

func leader(t *testing.T, c *cluster.Cluster, kind string) string {
	t.Helper()
	st, err := c.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return st.Leaders[kind]
}

func TestTaskRunsThroughAChangeOfTheLeadingOverlord(t *testing.T) {
	bubble(t, cluster.Quickstart(), func(t *testing.T, c *cluster.Cluster) {
		await(t, c, allServed, 20*time.Second)
		if _, err := c.Submit(t.Context(), []byte(`{"type":"noop","id":"long","runTime":30000}`)); err != nil {
			t.Fatal(err)
		}
		await(t, c, "tasks(RUNNING) == 1", 10*time.Second)
		do(t, c, "kill overlord@leader")
		await(t, c, "leaders(overlord) == 1", 10*time.Second)
		await(t, c, "tasks(SUCCESS) == 2 and tasks(FAILED) == 0", time.Minute)
	})
}

func TestDeadHistoricalsSegmentsAreAnnouncedAgainWhenItIsBack(t *testing.T) {
	bubble(t, cluster.Quickstart(), func(t *testing.T, c *cluster.Cluster) {
		await(t, c, allServed, 20*time.Second)
		f := do(t, c, "kill historical-1 for 20s")
		await(t, c, "replicas(flights) == 3 and served(flights) == 3", 10*time.Second)
		await(t, c, allServed, 40*time.Second)
		if f.ID == "" || f.Until.IsZero() {
			t.Errorf("got %+v, want a fault with an id and an end", f)
		}
	})
}

func TestFaultsAreArmedListedAndHealed(t *testing.T) {
	bubble(t, cluster.Quickstart(), func(t *testing.T, c *cluster.Cluster) {
		first := do(t, c, "pause broker")
		do(t, c, "partition historical-1 from zookeeper")
		await(t, c, "faults() == 2 and up(broker) == 0", time.Second)
		do(t, c, "heal "+first.ID)
		await(t, c, "faults() == 1 and up(broker) == 1", time.Second)
		await(t, c, "announced(historical-1) == 0", 10*time.Second)
		do(t, c, "heal")
		await(t, c, "faults() == 0 and announced(historical-1) == 1", 10*time.Second)
		if _, err := c.Do(t.Context(), "heal "+first.ID); !errors.Is(err, cluster.ErrBadExpression) {
			t.Errorf("healing it twice: got %v, want a refusal", err)
		}
		if _, err := c.Do(t.Context(), "kill coordinater"); !errors.Is(err, cluster.ErrBadExpression) || !strings.Contains(err.Error(), `"coordinator"`) {
			t.Errorf("unknown kind: got %v, want the nearest one named", err)
		}
	})
}

func TestPausedLeaderIsDeposedAndFollowsWhenItWakes(t *testing.T) {
	bubble(t, cluster.Quickstart(), func(t *testing.T, c *cluster.Cluster) {
		before := leader(t, c, "coordinator")
		do(t, c, "pause coordinator@leader for 30s")
		await(t, c, "candidates(coordinator) == 1 and leaders(coordinator) == 1", 10*time.Second)
		if after := leader(t, c, "coordinator"); after == before {
			t.Errorf("%s leads again while it is paused", after)
		}
		await(t, c, "up(coordinator) == 2 and candidates(coordinator) == 2 and leaders(coordinator) == 1", time.Minute)
	})
}

func TestExpiredSessionsAreReplacedWithEverythingThatTheyHeld(t *testing.T) {
	bubble(t, cluster.Quickstart(), func(t *testing.T, c *cluster.Cluster) {
		await(t, c, allServed, 20*time.Second)
		do(t, c, "expire_session historical")
		await(t, c, "announced(historical) == 2 and "+allServed, 10*time.Second)
		do(t, c, "disconnect *")
		await(t, c, "leaders(coordinator) == 1 and leaders(overlord) == 1 and "+allServed, 20*time.Second)
	})
}
