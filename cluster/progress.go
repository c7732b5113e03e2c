package cluster

// progress is how far a run has come. Each channel is closed once.
type progress struct {
	opened  chan struct{} // ZooKeeper answers, and the nodes start
	staffed chan struct{} // all is up, and every role that elects has a leader
	ready   chan struct{} // the same, and what has to hold always has been looked at
	loaded  chan struct{} // what became of the datasources' rows is known
	settled chan struct{} // every "eventually" has its verdict
}

func newProgress() progress {
	return progress{opened: make(chan struct{}), staffed: make(chan struct{}), ready: make(chan struct{}), loaded: make(chan struct{}), settled: make(chan struct{})}
}
