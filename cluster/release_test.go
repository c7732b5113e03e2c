package cluster_test

import (
	"strings"
	"testing"
	"time"

	"oakmoot/cluster"
)

func TestClusterWritesTheBytesOfItsVersion(t *testing.T) {
	topo := cluster.Quickstart()
	topo.DruidVersion, topo.Streams = "27.0.0", nil
	bubble(t, topo, func(t *testing.T, c *cluster.Cluster) {
		await(t, c, allServed, 20*time.Second)
		nodes, err := c.Tree(t.Context(), "/")
		if err != nil {
			t.Fatal(err)
		}
		marks := map[string]string{
			"node discovery":      `,"startTime":"`,
			"worker announcement": `,"category":"_default_worker_category"}`,
		}
		seen := map[string]int{}
		for _, n := range nodes {
			seen[n.Kind]++
			if mark := marks[n.Kind]; !strings.Contains(n.Text, mark) {
				t.Errorf("%s: got %s, want %s in it", n.Path, n.Text, mark)
			}
		}
		if seen["node discovery"] == 0 || seen["worker announcement"] != 2 || seen["lookup listener"] != 0 {
			t.Errorf("got %v", seen)
		}
	})
}
