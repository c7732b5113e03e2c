package cluster

import (
	"context"
	"sync"
)

// TB is the part of testing.TB that RunT needs.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
	Errorf(format string, args ...any)
	Cleanup(func())
	Context() context.Context
}

// RunT runs the topology for the length of a test. It returns once the cluster is
// ready, and fails the test when it does not get there. When the test ends, the
// cluster is stopped and has left nothing behind.
func RunT(t TB, topo Topology, opts ...Option) *Cluster {
	t.Helper()
	return runT(t, topo, (*Cluster).Ready, opts)
}

// OpenT is RunT for a topology with external seats: it returns once ZooKeeper answers
// and processes can join.
func OpenT(t TB, topo Topology, opts ...Option) *Cluster {
	t.Helper()
	return runT(t, topo, (*Cluster).Opened, opts)
}

func runT(t TB, topo Topology, until func(*Cluster) <-chan struct{}, opts []Option) *Cluster {
	t.Helper()
	c, err := New(topo, opts...)
	if err != nil {
		t.Fatalf("cluster: %v", err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	stop := sync.OnceValue(func() error { cancel(); return <-done })
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Errorf("cluster: %v", err)
		}
	})
	select {
	case err := <-done:
		done <- err
		t.Fatalf("cluster ended before it was ready: %v", err)
	case <-until(c):
	}
	return c
}
