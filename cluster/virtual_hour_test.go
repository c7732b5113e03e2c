package cluster_test

import (
	"os"
	"os/exec"
	"testing"
	"time"

	"oakmoot/cluster"
)

// hourChild makes the test binary run the hour itself: a bubble needs a test, and a
// benchmark is not one.
const hourChild = "OAKMOOT_VIRTUAL_HOUR"

// TestVirtualHour is the body of BenchmarkVirtualHour.
func TestVirtualHour(t *testing.T) {
	if os.Getenv(hourChild) == "" {
		t.Skip("run by BenchmarkVirtualHour")
	}
	bubble(t, cluster.Quickstart(), func(t *testing.T, c *cluster.Cluster) {
		await(t, c, allServed, 20*time.Second)
		time.Sleep(time.Hour)
		await(t, c, allServed+" and up(*) == 10", time.Minute)
	})
}

// BenchmarkVirtualHour runs the quickstart for an hour of virtual time, stream and all.
func BenchmarkVirtualHour(b *testing.B) {
	for b.Loop() {
		cmd := exec.Command(os.Args[0], "-test.run=^TestVirtualHour$", "-test.count=1")
		cmd.Env = append(os.Environ(), hourChild+"=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
	}
}
