//go:build interop

package interop

import (
	"context"
	"fmt"
	"testing"
	"time"

	"oakmoot/interop/real"
)

func TestCuratorsRecipesLiveOnOurs(t *testing.T) {
	o := newTenants(t)
	curator, err := o.kit.Curator(t.Context())
	if err != nil {
		unavailable(t, err)
	}
	start := func(name string) *real.Process {
		return moved(t)(curator.Program("Recipes", o.at(name), "", o.door.addr(), fmt.Sprint(tenantSession.Milliseconds()), name))
	}
	everything := []string{"has the LeaderLatch", "has the LeaderSelector", "has the InterProcessMutex"}
	first := start("first")
	says(t, first, append(everything, "NODE_CREATED /nodes/first")...)
	second := start("second")
	says(t, second, "NODE_CREATED /nodes/second", "NODE_CREATED /nodes/first")
	for _, path := range []string{"/latch", "/selector", "/mutex"} {
		o.awaitChildren(t, path, 2)
	}

	killed := time.Now()
	first.Kill()
	says(t, second, append(everything, "NODE_DELETED /nodes/first")...)
	o.tell(t, "Curator "+real.CuratorVersion, "two processes in LeaderLatch, LeaderSelector, InterProcessMutex, PersistentNode and CuratorCache", "the one that holds everything: the other gets it, and sees the node go", time.Since(killed))
}

// says waits until a process has written all of the lines.
func says(t *testing.T, p *real.Process, lines ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for _, line := range lines {
		if err := p.Says(ctx, line); err != nil {
			t.Fatal(err)
		}
	}
}
