// Package failover shows a whole control plane inside a test, in virtual time: an hour of timeouts passes in
// milliseconds, nothing listens on a real port, and nothing is left over when the test ends.
package failover

import (
	"testing"
	"testing/synctest"

	"oakmoot/cluster"
)

func TestFailover(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := cluster.RunT(t, cluster.Quickstart(), cluster.InMemory())
		if err := c.Kill(t.Context(), "coordinator@leader"); err != nil {
			t.Fatal(err)
		}
		// ZooKeeper shows the dead leader until its session times out; nobody leads in the meantime.
		if err := c.WaitFor(t.Context(), "leaders(coordinator) == 1"); err != nil {
			t.Fatal(err)
		}
		if err := c.WaitFor(t.Context(), "used(flights) > 0 and served(flights) == used(flights)"); err != nil {
			t.Fatal(err)
		}
	})
}
