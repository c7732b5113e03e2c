package cluster_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"oakmoot/cluster"
)

// kindsOfZnodes counts the znodes of each kind.
func kindsOfZnodes(t *testing.T, c *cluster.Cluster) map[string]int {
	t.Helper()
	nodes, err := c.Tree(t.Context(), "/")
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for _, n := range nodes {
		counts[n.Kind]++
	}
	return counts
}

func TestBothFormsOfAnnouncementsCarryTheWholeStory(t *testing.T) {
	for _, tc := range []struct{ announcer, serverview string }{
		{"both", "batch"}, {"both", "legacy"}, {"legacy", "legacy"}, {"batch", "batch"},
	} {
		t.Run(tc.announcer+" watched as "+tc.serverview, func(t *testing.T) {
			topo := cluster.Quickstart()
			topo.Streams = nil
			topo.Defaults.Announcer, topo.Defaults.ServerView = tc.announcer, tc.serverview
			bubble(t, topo, func(t *testing.T, c *cluster.Cluster) {
				await(t, c, allServed+" and queued() == 0", 20*time.Second)
				kinds := kindsOfZnodes(t, c)
				got := map[string]int{"batch": kinds["segment batch"], "legacy": kinds["served segment"]}
				want := map[string]int{"batch": 5, "legacy": 6} // a historical's first batch, and the realtime node's, stay empty
				switch tc.announcer {
				case "legacy":
					want["batch"] = 0
				case "batch":
					want["legacy"] = 0
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Error(diff)
				}
				do(t, c, "kill historical-1")
				await(t, c, "replicas(flights) == 3 and announced(historical) == 1", 20*time.Second)
				do(t, c, "start historical-1")
				await(t, c, allServed, 20*time.Second)
			})
		})
	}
}
