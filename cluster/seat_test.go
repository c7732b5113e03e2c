package cluster_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"oakmoot/cluster"
)

// mixed has a seat of every kind on a PostgreSQL store, each with its own settings.
func mixed() cluster.Topology {
	topo := cluster.Topology{
		ZooKeeper: cluster.ZooKeeper{Mode: "external", Connect: "zk-1:2181,zk-2:2181/chroot", Base: "/moot", SessionTimeout: duration("8s")},
		Metadata:  cluster.Metadata{Kind: "postgresql", Connect: "postgresql://druid:se%24cret@db:5432/druid?sslmode=disable"},
		Defaults: cluster.Defaults{Properties: map[string]string{
			"druid.discovery.curator.path": "/moot/discovery", "druid.coordinator.period": "PT2S",
		}},
	}
	for _, kind := range []string{"coordinator", "overlord", "historical", "realtime", "middlemanager", "broker", "router"} {
		topo.Roles = append(topo.Roles, cluster.Role{Kind: kind, External: true})
	}
	topo.Roles[2].Tier, topo.Roles[2].Port, topo.Roles[2].Host = "hot", 18083, "localhost"
	topo.Roles[4].Properties = map[string]string{"druid.worker.version": "7"}
	return topo
}

var rewriteSeats = flag.Bool("rewrite-seats", false, "write the properties of each seat into its file; commit that only when you can explain it")

func TestSeatIsWhatARealProcessNeeds(t *testing.T) {
	for _, kind := range []string{"coordinator", "overlord", "historical", "realtime", "middlemanager", "broker", "router"} {
		t.Run(kind, func(t *testing.T) {
			seat, err := cluster.SeatIn(mixed(), kind+"-1", "/srv/moot")
			if err != nil {
				t.Fatal(err)
			}
			var got strings.Builder
			if _, err := seat.WriteTo(&got); err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("testdata", "seats", kind+".properties")
			if *rewriteSeats {
				if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestSeatWarnsOfWhatCannotBeShared(t *testing.T) {
	topo := mixed()
	topo.Metadata = cluster.Metadata{}
	topo.Defaults.Announcer, topo.Defaults.ServerView = "legacy", "legacy"
	topo.Roles[6] = cluster.Role{Kind: "broker"}
	for name, want := range map[string]string{
		"coordinator-1": "SQLite",
		"overlord-1":    "only a coordinator starts Derby's server",
		"historical-1":  "they will not see its segments",
		"realtime-1":    "which you write",
		"broker-2":      "oakmoot runs broker-2 itself",
	} {
		seat, err := cluster.SeatIn(topo, name, "/srv/moot")
		if err != nil || !strings.Contains(strings.Join(seat.Warnings, "\n"), want) {
			t.Errorf("%s: got %v, %v, want %s", name, seat.Warnings, err, want)
		}
	}
}

func TestSeatThatCannotBeToldYet(t *testing.T) {
	embedded := mixed()
	embedded.ZooKeeper = cluster.ZooKeeper{}
	for name, tc := range map[string]struct {
		topo       cluster.Topology
		node, data string
		want       string
	}{
		"no port for ZooKeeper": {embedded, "broker-1", "/srv/moot", "the topology leaves ZooKeeper's port to the system"},
		"no directory":          {mixed(), "broker-1", "", "deep storage lies in the cluster's data directory"},
		"no such node":          {mixed(), "brokr-1", "/srv/moot", `there is no node "brokr-1"; did you mean "broker-1"?`},
	} {
		if _, err := cluster.SeatIn(tc.topo, tc.node, tc.data); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: got %v, want %s", name, err, tc.want)
		}
	}
	if _, err := cluster.SeatIn(mixed(), "x", "/srv/moot"); !errors.Is(err, cluster.ErrBadExpression) {
		t.Errorf("got %v, want the caller's words blamed", err)
	}
}

func TestSeatOfANewerDruid(t *testing.T) {
	for version, want := range map[string][]string{
		"27.0.0": {"apache-druid-27.0.0, and start it there, with Java 11 or 17:", "\ndruid.serverview.type=batch\n", "\ndruid.coordinator.loadqueuepeon.type=curator\n"},
		"33.0.0": {"apache-druid-33.0.0", "Druid 33.0.0 has no load queue any more"},
	} {
		topo := mixed()
		topo.DruidVersion = version
		seat, err := cluster.SeatIn(topo, "historical-1", "/srv/moot")
		if err != nil {
			t.Fatal(err)
		}
		var got strings.Builder
		if _, err := seat.WriteTo(&got); err != nil {
			t.Fatal(err)
		}
		for _, words := range want {
			if !strings.Contains(got.String(), words) {
				t.Errorf("got\n%swant %q in it", &got, words)
			}
		}
	}
}
