package cluster

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"oakmoot/internal/run/memnet"
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
// ready, and fails the test when it does not get there in two minutes. When the test ends, the
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
	if err == nil {
		err = c.checkBubble()
	}
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
	case <-c.lateness():
		t.Fatalf("cluster: not ready after %v: %s", readyLimit, c.unready())
	}
	return c
}

// readyLimit is how long RunT and OpenT wait, unless it is for processes of their own,
// which take as long as they take.
const readyLimit = 2 * time.Minute

// lateness fires once RunT has waited long enough.
func (c *Cluster) lateness() <-chan time.Time {
	if slices.ContainsFunc(c.topo.Roles, func(r Role) bool { return r.External }) {
		return nil
	}
	return time.After(readyLimit)
}

// unready tells what a cluster that is not ready waits for.
func (c *Cluster) unready() string {
	if !closed(c.opened) {
		return "ZooKeeper does not answer"
	}
	var missing []string
	for _, n := range c.nodes {
		if !closed(n.ready) {
			missing = append(missing, n.name)
		}
	}
	if len(missing) == 0 {
		return "nobody leads"
	}
	return "it waits for " + strings.Join(missing, ", ")
}

// errBubble is what a cluster on real sockets is told in a synctest bubble.
var errBubble = errors.New("this is a synctest bubble, where time stands still while anybody waits for a real socket: give the cluster InMemory()")

// checkBubble refuses a cluster on real sockets in a synctest bubble.
func (c *Cluster) checkBubble() error {
	if !c.opts.memory && memnet.InBubble() {
		return errBubble
	}
	return nil
}
