// Package examples runs every topology in this folder: its expectations must hold.
package examples

import (
	"path/filepath"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"oakmoot/cluster"
	"oakmoot/internal/worldtest"
	"oakmoot/zkembed"
)

// elsewhere are the topologies that another test runs.
var elsewhere = map[string]bool{"external-zookeeper.toml": true, "quickstart.toml": true, "real-historical.toml": true, "scale.toml": true}

func TestExamplesHoldTheirExpectations(t *testing.T) {
	files, err := filepath.Glob("*.toml")
	if err != nil || len(files) < 6 {
		t.Fatalf("found %d topologies, %v; want all examples", len(files), err)
	}
	for _, file := range files {
		if elsewhere[file] {
			continue
		}
		t.Run(file, func(t *testing.T) {
			topo := worldtest.Thinned(t, load(t, file))
			synctest.Test(t, func(t *testing.T) {
				c, err := cluster.New(topo, cluster.InMemory())
				if err != nil {
					t.Fatal(err)
				}
				if err := c.Run(t.Context()); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func TestExternalZooKeeper(t *testing.T) {
	srv := zkembed.RunT(t)
	topo := load(t, "external-zookeeper.toml")
	topo.ZooKeeper.Connect = srv.Addr()
	topo.RunFor = cluster.Span{}
	topo.Expects = nil
	c := cluster.RunT(t, topo)
	if err := c.WaitFor(t.Context(), "served(flights) == used(flights) and used(flights) > 0"); err != nil {
		t.Fatal(err)
	}
}

// TestScale runs the example of many segments with fewer of everything.
func TestScale(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		topo := load(t, "scale.toml")
		for i, r := range topo.Roles {
			if r.Kind == "historical" {
				topo.Roles[i].Count = 5
			}
		}
		topo.DataSources[0].Generate.Segments = 40
		leaves := &topo.Steps[1]
		leaves.When = "used(big) == 40 and replicas(big) == 80"
		leaves.Do = "stop historical-5"
		leaves.Then = "segments(historical-5) == 0 and replicas(big) == 80"
		c, err := cluster.New(topo, cluster.InMemory())
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Run(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// TestRealHistorical puts one of our processes in the place of the real one.
func TestRealHistorical(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := cluster.InMemory()
		topo := load(t, "real-historical.toml")
		c := cluster.OpenT(t, topo, memory)
		cluster.RunT(t, cluster.Topology{
			ZooKeeper: cluster.ZooKeeper{Mode: "external", Connect: c.Addresses().ZooKeeper},
			Roles:     []cluster.Role{{Kind: "historical", Port: 8083}},
			Defaults: cluster.Defaults{Properties: map[string]string{
				"druid.storage.storageDirectory": filepath.Join(c.Addresses().Data, "segments"), // as oakmoot seat prints
			}},
		}, memory)
		<-c.Settled() // RunT fails the test if an expectation is broken
	})
}

func TestQuickstartIsTheBuiltInOne(t *testing.T) {
	if diff := cmp.Diff(cluster.Quickstart(), load(t, "quickstart.toml")); diff != "" {
		t.Error(diff)
	}
}

func load(t *testing.T, file string) cluster.Topology {
	t.Helper()
	topo, err := cluster.LoadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return topo
}
