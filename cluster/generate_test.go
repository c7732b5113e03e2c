package cluster_test

import (
	"testing"
	"time"

	"oakmoot/cluster"
)

// Generated segments are loaded, replicated and asked for like others, and outlive the
// historicals that hold them.
func TestGeneratedSegmentsAreServed(t *testing.T) {
	topo := cluster.Topology{
		Roles: []cluster.Role{
			{Kind: "coordinator"}, {Kind: "broker"},
			{Kind: "historical", Count: 3, MaxSize: cluster.Size{Bytes: 1 << 40, Set: true}},
		},
		DataSources: []cluster.DataSource{{
			Name: "big", SegmentGranularity: "HOUR", Generate: cluster.Generate{Segments: 25, Partitions: 2},
			Rules: []cluster.LoadRule{{Type: "loadForever", TieredReplicants: map[string]int{"_default_tier": 2}}},
		}},
	}
	bubble(t, topo, func(t *testing.T, c *cluster.Cluster) {
		await(t, c, "used(big) == 25 and replicas(big) == 50", 2*time.Minute)
		await(t, c, `query("count of big") == 0`, time.Minute)
		do(t, c, "stop historical-1")
		await(t, c, "replicas(big) == 50 and segments(historical-1) == 0", 2*time.Minute)
		do(t, c, "start historical-1")
		await(t, c, "segments(historical-1) > 0", time.Minute)
	})
}
