package cluster

// progress is how far a run has come. Each channel is closed once.
type progress struct {
	opened    chan struct{} // ZooKeeper answers, and the nodes start
	ready     chan struct{} // all is up, and every role that elects has a leader
	stepsDone chan struct{} // the last step has been played
	settled   chan struct{} // every "eventually" has its verdict
}

func newProgress() progress {
	return progress{opened: make(chan struct{}), ready: make(chan struct{}), stepsDone: make(chan struct{}), settled: make(chan struct{})}
}
