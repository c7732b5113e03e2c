package cluster_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"oakmoot/cluster"
)

// A program runs a cluster until it has seen what it wants.
func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, err := cluster.New(cluster.Quickstart())
	if err != nil {
		fmt.Println(err)
		return
	}
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	<-c.Ready()

	fmt.Println("served twice:", c.WaitFor(ctx, "used(flights) == 3 and replicas(flights) == 6"))
	_, err = c.Do(ctx, "stop historical-1")
	fmt.Println("stopped:", err)
	fmt.Println("gone:", c.WaitFor(ctx, "replicas(flights) == 3"))
	cancel()
	fmt.Println("ended:", <-done)
	// Output:
	// served twice: <nil>
	// stopped: <nil>
	// gone: <nil>
	// ended: <nil>
}

// In a bubble and in memory, nothing takes real time.
func ExampleRunT() {
	testFailover := func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := cluster.RunT(t, cluster.Quickstart(), cluster.InMemory())
			if err := c.Kill(t.Context(), "coordinator@leader"); err != nil {
				t.Fatal(err)
			}
			if err := c.WaitFor(t.Context(), "candidates(coordinator) == 1 and leaders(coordinator) == 1"); err != nil {
				t.Fatal(err)
			}
		})
	}
	_ = testFailover // of a file whose name ends in _test.go
}

// Inject takes any action of the fault language and gives back how to undo it.
func ExampleCluster_Inject() {
	test := func(t *testing.T) {
		c := cluster.RunT(t, cluster.Quickstart())
		heal, err := c.Inject(t.Context(), "partition historical-1 from zookeeper")
		if err != nil {
			t.Fatal(err)
		}
		if err := c.WaitFor(t.Context(), "announced(historical-1) == 0"); err != nil {
			t.Fatal(err)
		}
		if err := heal(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := c.WaitFor(t.Context(), "announced(historical-1) == 1"); err != nil {
			t.Fatal(err)
		}
	}
	_ = test
}
