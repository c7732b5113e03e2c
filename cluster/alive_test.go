package cluster_test

import (
	"testing"
	"time"

	"oakmoot/cluster"
)

// TestStreamThatIsRepeatedGoesOnAndWhatItLeavesIsBounded runs the quickstart for longer than its stream's file lasts:
// faster, and with a rule that drops after a minute what it drops after half an hour.
func TestStreamThatIsRepeatedGoesOnAndWhatItLeavesIsBounded(t *testing.T) {
	topo := cluster.Quickstart()
	topo.DataSources = nil
	topo.Streams[0].Rate = 10
	topo.Streams[0].Persist.Duration = time.Minute
	topo.Streams[0].Rules[0].Period = "PT1M"
	for i, r := range topo.Roles {
		if r.Kind != "historical" {
			topo.Roles[i].Count = 1
		}
	}
	bubble(t, topo, func(t *testing.T, c *cluster.Cluster) {
		do(t, c, `configure json {"millisToWaitBeforeDeleting":1}`)
		const file = 2190                       // rows
		time.Sleep(6*time.Minute + time.Second) // six segments
		await(t, c, "used(flights-live) <= 3 and served(flights-live) >= 1 and realtime(flights-live) >= 1", 50*time.Second)
		st, err := c.Status(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range st.Rows {
			if entry.Processed < file+1000 || entry.ThrownAway > 0 {
				t.Errorf("got %s, want more rows than the file has, and none thrown away", entry)
			}
		}
		all, err := c.Segments(t.Context(), cluster.Page{})
		if err != nil || len(all.Items) > 5 {
			t.Errorf("%v, %d segments are served, want those of the latest minutes", err, len(all.Items))
		}
	})
}
