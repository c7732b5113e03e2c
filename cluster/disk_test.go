package cluster

import (
	"os"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"oakmoot/internal/run/fault/diskfault"
)

// A role that ends because of its disk is a dead process, and not the end of the run.
func TestNodeThatDiesOfItsDiskLeavesTheOthersAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := RunT(t, Quickstart(), InMemory())
		mustHold(t, c, "replicas(flights) == 6 and queued() == 0")
		i := slices.IndexFunc(c.nodes, func(n *node) bool { return n.name == "historical-1" })
		n := c.nodes[i]
		mustDo(t, c, "kill historical-1")
		if err := os.RemoveAll(n.dir); err != nil {
			t.Fatal(err)
		}
		a, err := n.disk.Arm(diskfault.Unwritable{}, diskfault.Rule{})
		if err != nil {
			t.Fatal(err)
		}
		mustDo(t, c, "restart historical-1")
		time.Sleep(5 * time.Second)
		stands(t, c, "up(historical-1) == 0 and up(*) == 9", true)
		if a.Touched().Operations == 0 {
			t.Error("the fault touched nothing")
		}
		a.Undo()
		mustDo(t, c, "restart historical-1")
		mustHold(t, c, "up(*) == 10 and replicas(flights) == 6 and queued() == 0")
	})
}
