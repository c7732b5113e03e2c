//go:build interop

package interop

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"oakmoot/cluster"
)

// Apache ZooKeeper is restarted without its data, and refuses clients that have seen more:
// ZooKeeperServer.processConnectRequest.
func TestClusterIsWholeAgainWhenApacheZooKeeperComesBackEmpty(t *testing.T) {
	zookeeper, dir := apache(t)
	p := startApache(t, zookeeper, dir)
	topo := cluster.Quickstart()
	topo.ZooKeeper.Mode, topo.ZooKeeper.Connect = "external", p.Host
	topo.ZooKeeper.Tick, topo.ZooKeeper.Listen = cluster.Duration{}, ""
	c := cluster.RunT(t, topo)
	whole := func() {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		const condition = "up(*) == 10 and leaders(coordinator) == 1 and leaders(overlord) == 1 and used(flights) == 3 and replicas(flights) == 6"
		if err := c.WaitFor(ctx, condition); err != nil {
			t.Fatal(err)
		}
	}
	whole()
	p.Stop()
	if err := os.RemoveAll(filepath.Join(dir, "data")); err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	whole()
}
