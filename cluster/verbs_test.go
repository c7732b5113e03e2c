package cluster_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"oakmoot/cluster"
)

// TestEachVerbDoesWhatItSays has a small cluster do each verb once: before it comes to
// hold, then the verb, then what follows.
func TestEachVerbDoesWhatItSays(t *testing.T) {
	for _, tc := range []struct {
		name   string
		do     []string
		comes  []string // one after the other
		within time.Duration
	}{
		{name: "cut", do: []string{"cut historical from zookeeper for 8s"}, comes: []string{"announced(historical) == 0", "announced(historical) == 1 and faults() == 0"}},
		{name: "delay", do: []string{"delay historical from zookeeper by 100ms for 5s", "publish wiki"}, comes: []string{"served(wiki) == 1 and faults() == 0"}},
		{name: "bandwidth", do: []string{"bandwidth historical rate 64KiB", "publish wiki", "heal"}, comes: []string{"served(wiki) == 1 and faults() == 0"}},
		{name: "drop", do: []string{"drop historical from zookeeper share 30% for 20s", "publish wiki segments 3"}, comes: []string{"faults() == 0 and served(wiki) == 3"}},
		{name: "reset", do: []string{"reset historical from zookeeper frames 3 times 2", "publish wiki"}, comes: []string{"served(wiki) == 1", "faults() == 0"}},
		{name: "zk_error", do: []string{"zk_error coordinator code ConnectionLoss op create path /druid/loadQueue/** times 2", "publish wiki"}, comes: []string{"faults() == 0", "served(wiki) == 1"}},
		{name: "zk_drop_request", do: []string{"zk_drop_request coordinator op create path /druid/loadQueue/**", "publish wiki"}, comes: []string{"faults() == 0", "served(wiki) == 1"}},
		{name: "zk_drop_reply", do: []string{"zk_drop_reply coordinator op create path /druid/loadQueue/**", "publish wiki"}, comes: []string{"faults() == 0", "served(wiki) == 1"}},
		{name: "zk_delay", do: []string{"zk_delay coordinator op create path /druid/loadQueue/** by 2s", "publish wiki"}, comes: []string{"faults() == 0", "served(wiki) == 1"}},
		{name: "zk_disconnect", do: []string{"zk_disconnect historical"}, comes: []string{"announced(historical) == 1"}},
		{name: "zk_down", do: []string{"zk_down for 3s"}, comes: []string{"faults() == 0 and announced(historical) == 1"}},
		{name: "zk_readonly", do: []string{"zk_readonly endpoint 1 for 3s"}, comes: []string{"faults() == 0 and announced(historical) == 1"}},
		{name: "http_error", do: []string{"http_error overlord status 503 method POST path /druid/indexer/v1/task times 2", `submit json {"type":"noop","id":"a","runTime":0}`}, comes: []string{"tasks(SUCCESS) == 1 and faults() == 0"}},
		{name: "http_delay", do: []string{"http_delay overlord method POST path /druid/indexer/** by 1s", `submit json {"type":"noop","id":"a","runTime":0}`}, comes: []string{"tasks(SUCCESS) == 1 and faults() == 0"}},
		{name: "http_drop_request", do: []string{"http_drop_request overlord method POST path /druid/indexer/v1/task", `submit json {"type":"noop","id":"a","runTime":0}`}, comes: []string{"tasks(SUCCESS) == 1 and faults() == 0"}},
		{name: "http_drop_reply", do: []string{"http_drop_reply overlord method POST path /druid/indexer/v1/task", `submit json {"type":"noop","id":"a","runTime":0}`}, comes: []string{"tasks(SUCCESS) == 1 and faults() == 0"}},
		{name: "http_double", do: []string{"http_double coordinator method POST path /druid/coordinator/v1/rules/*", `rules wiki json [{"type":"loadForever","tieredReplicants":{"_default_tier":1}}]`}, comes: []string{"faults() == 0"}},
		{name: "disk_full", do: []string{"disk_full historical for 5s", "publish wiki"}, comes: []string{"faults() == 0", "served(wiki) == 1"}},
		{name: "disk_slow", do: []string{"disk_slow historical by 10ms for 5s", "publish wiki"}, comes: []string{"served(wiki) == 1", "faults() == 0"}},
		{name: "disk_readonly", do: []string{"disk_readonly historical for 5s", "publish wiki"}, comes: []string{"faults() == 0", "served(wiki) == 1"}},
		{name: "corrupt", do: []string{"corrupt historical path /segments/**", "publish wiki"}, comes: []string{"faults() == 0"}},
		{name: "vanish", do: []string{"vanish historical path /segments/**", "publish wiki"}, comes: []string{"faults() == 0"}},
		{name: "slow_load", do: []string{"slow_load historical by 3s times 1", "publish wiki"}, comes: []string{"queued() == 1", "served(wiki) == 1 and faults() == 0"}},
		{name: "fail_load", do: []string{"fail_load historical path /wiki/**", "publish wiki"}, comes: []string{"faults() == 0", "served(wiki) == 1"}},
		{name: "slow_task", do: []string{"slow_task middlemanager by 5s times 1", `submit json {"type":"noop","id":"a","runTime":0}`}, comes: []string{"tasks(RUNNING) == 1", "tasks(SUCCESS) == 1 and faults() == 0"}},
		{name: "fail_task", do: []string{"fail_task middlemanager", `submit json {"type":"noop","id":"a","runTime":0}`}, comes: []string{"tasks(FAILED) == 1 and faults() == 0"}},
		{name: "mark_unused", do: []string{"publish wiki segments 3", "mark_unused wiki interval 2020-01-01/2020-01-03"}, comes: []string{"used(wiki) == 1", "served(wiki) == 1"}},
		{name: "rules", do: []string{"publish wiki", `rules wiki json [{"type":"dropForever"}]`}, comes: []string{"used(wiki) == 0"}},
		{name: "configure", do: []string{"publish wiki", `configure json {"killDataSourceWhitelist":["wiki"]}`}, comes: []string{"served(wiki) == 1"}},
		{name: "scale", do: []string{"scale historical count 3", "scale historical count 2"}, comes: []string{"up(historical) == 2 and announced(historical) == 2"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, cluster.Small(), func(t *testing.T, c *cluster.Cluster) {
				for _, action := range tc.do {
					do(t, c, action)
				}
				for _, condition := range tc.comes {
					await(t, c, condition, 2*time.Minute)
				}
			})
		})
	}
}

func TestFiftySegmentsArePublishedAndServed(t *testing.T) {
	bubble(t, cluster.Small(), func(t *testing.T, c *cluster.Cluster) {
		do(t, c, "publish wiki segments 50 rows 4")
		await(t, c, "used(wiki) == 50 and served(wiki) == 50", time.Minute)
		await(t, c, `query("count of wiki") == 200`, time.Minute)
	})
}

func TestVerbsOnTheDiskOfZooKeeperTakeOne(t *testing.T) {
	bubble(t, cluster.Small(), func(t *testing.T, c *cluster.Cluster) {
		for _, action := range []string{"zk_disk_full", "zk_slow_sync by 1s"} {
			if _, err := c.Do(t.Context(), action); err == nil || !strings.Contains(err.Error(), "in memory") {
				t.Errorf("%s: got %v, want it to say that ZooKeeper keeps everything in memory", action, err)
			}
		}
	})
}

// onDisk is a small cluster in a bubble whose ZooKeeper keeps a log.
func onDisk(t *testing.T, f func(t *testing.T, c *cluster.Cluster)) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) { f(t, cluster.RunT(t, cluster.Small(), cluster.InMemory(), cluster.DataDir(dir))) })
}

func TestSyncOfZooKeeperIsSlow(t *testing.T) {
	onDisk(t, func(t *testing.T, c *cluster.Cluster) {
		do(t, c, "zk_slow_sync by 1s for 20s")
		start := time.Now()
		do(t, c, "publish wiki")
		await(t, c, "served(wiki) == 1", time.Minute)
		if took := time.Since(start); took < 2*time.Second {
			t.Errorf("served after %v, though each write takes a second", took)
		}
	})
}

func TestZooKeeperWhoseDiskIsFullComesBackWithItsLog(t *testing.T) {
	onDisk(t, func(t *testing.T, c *cluster.Cluster) {
		do(t, c, "publish wiki")
		await(t, c, "served(wiki) == 1", time.Minute)
		do(t, c, "zk_disk_full for 3s")
		do(t, c, "publish wiki")
		await(t, c, "faults() == 0", time.Minute)
		await(t, c, "served(wiki) == 2 and leaders(coordinator) == 1", 2*time.Minute)
	})
}

// TestReplyIsLostBetweenTheCommitAndItsAnswer arms the fault at the commit, and so
// before the answer: each time the same request is met.
func TestReplyIsLostBetweenTheCommitAndItsAnswer(t *testing.T) {
	for range 3 {
		topo := cluster.Small()
		topo.RunFor = span("20s")
		topo.Steps = []cluster.Step{
			{Name: "segments", At: span("1s"), Do: "publish wiki segments 3"},
			{Name: "lost", When: "zk:create /druid/loadQueue/**", Do: "zk_drop_reply", Target: "coordinator@leader", Op: "create", Path: "/druid/loadQueue/**"},
		}
		topo.Expects = []cluster.Expect{{Eventually: "served(wiki) == 3 and faults() == 0", Since: "step:lost"}}
		synctest.Test(t, func(t *testing.T) {
			c, err := cluster.New(topo, cluster.InMemory())
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Run(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestPushedRowsAreTaken(t *testing.T) {
	topo := cluster.Small()
	topo.Roles = append(topo.Roles, cluster.Role{Kind: "realtime"})
	topo.Streams = []cluster.Stream{{
		DataSource: "clicks", Source: "push", Timestamp: "at", Dimensions: []string{"page"}, Metrics: []cluster.Metric{{Type: "count", Name: "n"}},
	}}
	bubble(t, topo, func(t *testing.T, c *cluster.Cluster) {
		if f := do(t, c, "push clicks rows 3"); f.Made != "3 rows of clicks" {
			t.Errorf("made %q", f.Made)
		}
		do(t, c, `push clicks json [{"at": "`+time.Now().UTC().Format(time.RFC3339)+`", "page": "home"}]`)
		await(t, c, `query("count of clicks") == 4`, time.Minute)
	})
}

func TestScaledUpNodesLoadAndAreKnown(t *testing.T) {
	bubble(t, cluster.Small(), func(t *testing.T, c *cluster.Cluster) {
		if f := do(t, c, "scale historical count 3"); f.Made != "started historical-2, historical-3" {
			t.Errorf("made %q", f.Made)
		}
		await(t, c, "up(historical) == 3 and announced(historical-3) == 1", time.Minute)
		do(t, c, "kill historical-3 for 1s")
		await(t, c, "up(historical-3) == 1", time.Minute)
		if f := do(t, c, "scale historical count 1"); f.Made != "stopped historical-3, historical-2" {
			t.Errorf("made %q", f.Made)
		}
		await(t, c, "announced(historical) == 1", time.Minute)
		do(t, c, "scale historical count 2")
		await(t, c, "announced(historical-2) == 1", time.Minute)
		if _, err := c.Do(t.Context(), "scale router count 1"); err == nil {
			t.Error("a router is started, which is only a process of its own")
		}
	})
}
