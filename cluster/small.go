package cluster

import "time"

// Small is the smallest topology in which everything works: one coordinator, overlord,
// historical, middlemanager and broker, and no rows. A test that needs no second candidate
// starts sooner with it than with the quickstart, and brings its own rows with Ingest.
func Small() Topology {
	return Topology{
		Name: "small",
		ZooKeeper: ZooKeeper{
			Tick:           Duration{Duration: 500 * time.Millisecond, Set: true},
			SessionTimeout: Duration{Duration: 6 * time.Second, Set: true},
		},
		Roles: []Role{{Kind: "coordinator"}, {Kind: "overlord"}, {Kind: "historical"}, {Kind: "middlemanager"}, {Kind: "broker"}},
	}
}
