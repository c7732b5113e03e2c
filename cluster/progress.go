package cluster

// progress is how far a run has come. Each channel is closed once.
type progress struct {
	opened  chan struct{} // ZooKeeper answers, and the nodes start
	ready   chan struct{} // all is up, and every role that elects has a leader
	loaded  chan struct{} // what became of the datasources' rows is known
	settled chan struct{} // every "eventually" has its verdict
}

func newProgress() progress {
	return progress{opened: make(chan struct{}), ready: make(chan struct{}), loaded: make(chan struct{}), settled: make(chan struct{})}
}
