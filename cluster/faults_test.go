package cluster_test

import (
	"testing"
	"time"

	"oakmoot/cluster"
)

// small is two of each kind that elects and two historicals, without rows.
func small() cluster.Topology {
	return cluster.Topology{
		Schema: 1, Name: "small",
		ZooKeeper: cluster.ZooKeeper{Tick: duration("500ms"), SessionTimeout: duration("4s")},
		Roles: []cluster.Role{
			{Kind: "coordinator", Count: 2}, {Kind: "overlord", Count: 2}, {Kind: "historical", Count: 2}, {Kind: "middlemanager"},
		},
	}
}

func TestPartitionedNodeLosesItsSessionAndComesBack(t *testing.T) {
	for _, direction := range []string{"both", "to", "from"} {
		t.Run(direction, func(t *testing.T) {
			bubble(t, small(), func(t *testing.T, c *cluster.Cluster) {
				do(t, c, "partition historical-1 from zookeeper direction "+direction+" for 3x session_timeout")
				await(t, c, "announced(historical-1) == 0", 8*time.Second)
				await(t, c, "faults() == 0 and announced(historical-1) == 1", 20*time.Second)
			})
		})
	}
}

func TestPartitionShorterThanASessionLosesNothing(t *testing.T) {
	bubble(t, small(), func(t *testing.T, c *cluster.Cluster) {
		before := leader(t, c, "coordinator")
		do(t, c, "partition coordinator@leader from zookeeper for 0.2x session_timeout")
		await(t, c, "faults() == 0", 2*time.Second)
		time.Sleep(10 * time.Second)
		await(t, c, "leaders(coordinator) == 1 and candidates(coordinator) == 2", time.Second)
		if after := leader(t, c, "coordinator"); after != before {
			t.Errorf("got %s leading, want still %s", after, before)
		}
	})
}

func TestCutOffLeaderIsReplacedAndOnlyOneLeads(t *testing.T) {
	for _, kind := range []string{"coordinator", "overlord"} {
		t.Run(kind, func(t *testing.T) {
			topo := small()
			topo.Expects = []cluster.Expect{{Always: "leaders(" + kind + ") <= 1"}}
			bubble(t, topo, func(t *testing.T, c *cluster.Cluster) {
				before := leader(t, c, kind)
				do(t, c, "partition "+kind+"@leader from zookeeper for 20s")
				await(t, c, "candidates("+kind+") == 1 and leaders("+kind+") == 1", 10*time.Second)
				if after := leader(t, c, kind); after == before {
					t.Errorf("%s leads though it is cut off", after)
				}
				await(t, c, "faults() == 0 and candidates("+kind+") == 2 and leaders("+kind+") == 1", 40*time.Second)
			})
		})
	}
}

func TestStopSaysGoodbyeAndKillDoesNot(t *testing.T) {
	bubble(t, small(), func(t *testing.T, c *cluster.Cluster) {
		do(t, c, "stop historical-1")
		await(t, c, "announced(historical-1) == 0", 100*time.Millisecond)
		do(t, c, "kill historical-2")
		time.Sleep(time.Second)
		await(t, c, "up(historical) == 0 and announced(historical) == 0 and lingering(historical) == 1 and lingering(historical-2) == 1", 100*time.Millisecond)
		await(t, c, "lingering(historical-2) == 0", 5*time.Second)
		do(t, c, "start historical")
		await(t, c, "announced(historical) == 2 and up(historical) == 2", 5*time.Second)
	})
}

func TestRestartKeepsAddressAndDirectory(t *testing.T) {
	bubble(t, small(), func(t *testing.T, c *cluster.Cluster) {
		hosts := func() map[string]string {
			st, err := c.Status(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			byName := map[string]string{}
			for _, n := range st.Nodes {
				byName[n.Name] = n.Host
			}
			return byName
		}
		before := hosts()
		do(t, c, "restart *")
		await(t, c, "up(*) == 7 and announced(historical) == 2 and leaders(coordinator) == 1 and leaders(overlord) == 1", 20*time.Second)
		for name, host := range hosts() {
			if host != before[name] {
				t.Errorf("%s has moved from %s to %s", name, before[name], host)
			}
		}
	})
}

func TestDelayedNodeStaysAndIsSlow(t *testing.T) {
	bubble(t, small(), func(t *testing.T, c *cluster.Cluster) {
		start := time.Now()
		if _, err := c.Submit(t.Context(), []byte(`{"type":"noop","id":"quick","runTime":0}`)); err != nil {
			t.Fatal(err)
		}
		await(t, c, "tasks(SUCCESS) == 1", 10*time.Second)
		quick := time.Since(start)

		do(t, c, "delay middlemanager from zookeeper by 500ms")
		start = time.Now()
		if _, err := c.Submit(t.Context(), []byte(`{"type":"noop","id":"slow","runTime":0}`)); err != nil {
			t.Fatal(err)
		}
		await(t, c, "tasks(SUCCESS) == 2", 20*time.Second)
		if slow := time.Since(start); slow < quick+500*time.Millisecond {
			t.Errorf("took %v behind a delay of 500ms, want more than the %v without it", slow, quick)
		}
		await(t, c, "announced(middlemanager) == 1 and faults() == 1", time.Second)
	})
}
