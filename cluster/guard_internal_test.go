package cluster

import (
	"testing"

	"oakmoot/internal/stage/invariant"
)

// states are what is known of the invariants of a topology before anything has happened.
func states(topo Topology) map[string]string {
	states := map[string]string{}
	for _, r := range newInvariants(topo.WithDefaults()).Results() {
		states[r.Name] = r.State
	}
	return states
}

func TestWhatCannotBeSeenIsNotChecked(t *testing.T) {
	external := Small()
	external.ZooKeeper = ZooKeeper{Mode: "external", Connect: "127.0.0.1:2181"}
	seats := Small()
	for i := range seats.Roles {
		seats.Roles[i].External = true
	}
	for _, test := range []struct {
		name    string
		topo    Topology
		checked []string
	}{
		{"everything is ours", Small(), invariant.Names()},
		{"an external ZooKeeper", external, []string{invariant.Replicas, invariant.LoadQueueEnds, invariant.OneFinalStatus, invariant.Disk, invariant.BrokerView, invariant.RowsOnce}},
		{"external seats", seats, []string{
			invariant.OneLeader, invariant.AnnouncementsEnd, invariant.LoadQueueEnds, invariant.OneWorker, invariant.OneFinalStatus, invariant.ZooKeeperHistory,
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			want := map[string]string{}
			for _, name := range invariant.Names() {
				want[name] = invariant.NotChecked
			}
			for _, name := range test.checked {
				want[name] = invariant.NotExercised
			}
			for name, state := range states(test.topo) {
				if state != want[name] {
					t.Errorf("%s is %s, want %s", name, state, want[name])
				}
			}
		})
	}
}
