package plan

import (
	"testing"
)

// TestLimitsHoldAmongManySegments assigns 2,000 segments to 20 servers with each of the limits of the dynamic
// configuration in turn.
func TestLimitsHoldAmongManySegments(t *testing.T) {
	fresh := func(served int) *town {
		town := newTown(t, served, 20)
		for range 2000 - served {
			town.catalog.Use(town.segment())
		}
		town.config.MaxSegmentsToMove = 0
		return town
	}
	count := func(r *Run, of func(Action) bool) map[string]int {
		n := map[string]int{}
		for _, a := range r.Actions {
			if of(a) {
				n[a.Server]++
			}
		}
		return n
	}
	any := func(Action) bool { return true }

	t.Run("maxSegmentsInNodeLoadingQueue", func(t *testing.T) {
		town := fresh(0)
		town.config.MaxSegmentsInNodeLoadingQueue = 7
		loads := count(town.run(2), any)
		for name, n := range loads {
			if n > 7 {
				t.Errorf("%s is to load %d, want at most 7", name, n)
			}
		}
		if len(loads) != 20 || sumOf(loads) != 20*7 {
			t.Errorf("got %d loads on %d servers, want every queue full", sumOf(loads), len(loads))
		}
	})
	t.Run("replicationThrottleLimit and replicantLifetime", func(t *testing.T) {
		town := fresh(2000)
		town.config.ReplicationThrottleLimit, town.config.ReplicantLifetime = 50, 3
		first := town.run(2)
		if n := sumOf(count(first, func(a Action) bool { return a.Replica })); n != 50 || len(first.Actions) != 50 {
			t.Errorf("got %d replicas among %d actions, want 50", n, len(first.Actions))
		}
		for run := range 4 {
			r := town.run(2)
			if len(r.Actions) > 0 {
				t.Errorf("got %d actions while replicas are under way", len(r.Actions))
			}
			if warned := len(r.Warnings) > 0; warned != (run == 3) {
				t.Errorf("run %d after the first: got the warnings %v", run+1, r.Warnings)
			}
		}
		for _, a := range first.Actions {
			town.catalog.Announced(town.server(a.Server), a.Segment)
			town.throttle.Done(a.Tier, a.Segment.ID())
		}
		if n := len(town.run(2).Actions); n != 50 {
			t.Errorf("got %d replicas once the first are there, want 50 more", n)
		}
	})
	t.Run("maxSegmentsToMove", func(t *testing.T) {
		town := fresh(2000)
		town.config.MaxSegmentsToMove = 9
		for _, s := range town.servers[10:] { // the other half of the servers is empty
			for _, segment := range s.Segments() {
				town.catalog.Unannounced(s, segment.ID())
				town.catalog.Announced(town.servers[0], segment)
			}
		}
		if moves := count(town.run(1), any); sumOf(moves) == 0 || sumOf(moves) > 9 {
			t.Errorf("got %d moves, want some and at most 9", sumOf(moves))
		}
	})
}
