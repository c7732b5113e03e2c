package cluster_test

import (
	"context"
	"errors"
	"os"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"oakmoot/cluster"
)

// plantedBug names the invariant that a bug built into this test binary breaks:
// interop/mutants.sh.
const plantedBug = "OAKMOOT_PLANTED_BUG"

// TestEveryInvariantIsPutToTheTest runs a story in which each invariant is exercised. All
// hold, unless a bug was planted: then the one that it breaks is broken, and no other.
func TestEveryInvariantIsPutToTheTest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		topo := cluster.Quickstart()
		topo.Streams[0].Rate = 200
		topo.Defaults.Properties = map[string]string{"druid.coordinator.load.timeout": "PT10S"}
		c, err := cluster.New(topo, cluster.InMemory())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		done := make(chan error, 1)
		go func() { done <- c.Run(ctx) }()
		<-c.Ready()
		exercise(ctx, t, c)
		cancel()
		checkVerdict(t, c.Verdict(), <-done)
	})
}

// exercise lets everything happen that an invariant is about, or ends as soon as the planted
// bug has been noticed.
func exercise(ctx context.Context, t *testing.T, c *cluster.Cluster) {
	limited, end := context.WithTimeout(ctx, 10*time.Second)
	defer end()
	_ = c.WaitFor(limited, allServed) // with a bug planted it may never be so
	for _, act := range []struct {
		do   string
		then time.Duration
	}{{"kill historical-1 for 40s", 50 * time.Second}, {"kill coordinator-1,coordinator-2 for 5s", 2 * time.Minute}} {
		if do(t, c, act.do); noticed(c, act.then) {
			return
		}
	}
}

// noticed reports whether the planted bug is noticed within some time, which passes when
// there is none.
func noticed(c *cluster.Cluster, within time.Duration) bool {
	planted := os.Getenv(plantedBug)
	for end := time.Now().Add(within); time.Now().Before(end); time.Sleep(time.Second) {
		for _, i := range c.Verdict().Invariants {
			if i.Name == planted && i.State == "broken" {
				return true
			}
		}
	}
	return false
}

func checkVerdict(t *testing.T, v cluster.Verdict, err error) {
	t.Helper()
	planted := os.Getenv(plantedBug)
	var broken []string
	for _, i := range v.Invariants {
		t.Log(i.State, i)
		if i.State == "broken" {
			broken = append(broken, i.Name)
		} else if i.State != "held" && planted == "" {
			t.Errorf("%s is %s", i.Name, i.State)
		}
	}
	if len(v.Invariants) != 10 {
		t.Errorf("the verdict has %d invariants, want 10", len(v.Invariants))
	}
	want := []string{planted}
	if planted == "" {
		want = nil
	}
	if !slices.Equal(broken, want) || errors.Is(err, cluster.ErrBroken) != (planted != "") {
		t.Errorf("broken are %v, want %v; the run says %v", broken, want, err)
	}
}

func TestInvariantsAreSwitchedOffByName(t *testing.T) {
	topo := cluster.Small()
	topo.Invariants.Off = []string{"disk", "replicas"}
	bubble(t, topo, func(t *testing.T, c *cluster.Cluster) {
		var off []string
		for _, i := range c.Verdict().Invariants {
			if i.State == "off" {
				off = append(off, i.Name)
			}
		}
		if want := []string{"replicas", "disk"}; !slices.Equal(off, want) {
			t.Errorf("off are %v, want %v", off, want)
		}
	})
}

// TestWhoIsScaledUpIsGuardedToo has further nodes serve all segments: their disks and the
// broker's view are looked at. The rows of published segments nobody has counted.
func TestWhoIsScaledUpIsGuardedToo(t *testing.T) {
	topo := cluster.Small()
	topo.Roles = slices.DeleteFunc(topo.Roles, func(r cluster.Role) bool { return r.Kind == "broker" })
	bubble(t, topo, func(t *testing.T, c *cluster.Cluster) {
		do(t, c, "scale historical count 2")
		do(t, c, "scale broker count 1")
		await(t, c, "announced(historical) == 2", time.Minute)
		do(t, c, "publish logs segments 3")
		await(t, c, "replicas(logs?) == 6", time.Minute)
		time.Sleep(10 * time.Second)
		exercised, why := map[string]int{}, map[string]string{}
		for _, i := range c.Verdict().Invariants {
			exercised[i.Name], why[i.Name] = i.Exercised, i.State+": "+i.Why
		}
		if exercised["disk"] != 6 || exercised["broker-view"] == 0 {
			t.Errorf("of 6 announcements %d were looked at, and %d times a broker's view", exercised["disk"], exercised["broker-view"])
		}
		if want := "not checked: logs: nobody has counted its rows as they came in: it is neither a datasource nor a stream of the topology"; why["rows-once"] != want {
			t.Errorf("rows-once is %s, want %s", why["rows-once"], want)
		}
	})
}
