package cluster

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"oakmoot/internal/stage/kinds"
	"oakmoot/internal/stage/scenario"
)

// conduct leads the cluster through its run: it waits until all is up, indexes
// the datasources, says that the cluster is ready, and plays the steps.
func (c *Cluster) conduct(ctx context.Context) error {
	if err := c.awaitNodes(ctx); err != nil {
		return ended(ctx, err)
	}
	if err := c.publishAddresses(); err != nil {
		return err
	}
	c.times.ready = time.Now()
	close(c.ready)
	load := &loader{
		dataSources: c.topo.DataSources, version: c.topo.DruidVersion, dir: c.dir, store: c.store.Segments,
		requests: c.requests, intakes: c.intakes, log: c.log,
	}
	loaded := make(chan error, 1)
	go func() { loaded <- load.loadAll(ctx) }()
	open := c.holdTheGate()
	defer open()
	played := make(chan error, 1)
	go func() { played <- c.playbook.Play(ctx) }()
	err := <-loaded
	if err == nil {
		close(c.loaded)
		err = <-played
	}
	return ended(ctx, err)
}

// endSettled ends the run when the topology wants that: all its rows are in, its steps
// are done, and its expectations have been judged. The returned function waits for its
// goroutine.
func (c *Cluster) endSettled(ctx context.Context, cancel context.CancelFunc) func() {
	done := make(chan struct{})
	go func() {
		defer close(done)
		if !either(ctx, c.ready) || !either(ctx, c.playbook.Done()) || !either(ctx, c.loaded) {
			return
		}
		if err := c.director.undoAll(ctx); err != nil {
			c.log.Warn("not all could be healed at the end", "error", err)
		}
		if either(ctx, c.settled) {
			cancel()
		}
	}()
	return func() { cancel(); <-done }
}

// ended drops an error that only says that the run is over.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// awaitNodes returns once every node has announced itself, every external seat is
// taken, and every role that elects has a leader.
func (c *Cluster) awaitNodes(ctx context.Context) error {
	ctx, cancel := c.patienceForSeats(ctx)
	defer cancel()
	if err := c.awaitEach(ctx); err != nil {
		return cmp.Or(c.missing(ctx), err)
	}
	return nil
}

func (c *Cluster) awaitEach(ctx context.Context) error {
	elected := map[string]bool{}
	for _, n := range c.nodes {
		if kinds.Of(n.kind).Elects {
			elected[n.kind] = true
		}
		if err := c.awaitNode(ctx, n); err != nil {
			return err
		}
	}
	for kind := range elected {
		led, err := scenario.ParseCondition(fmt.Sprintf("leaders(%s) == 1", kind))
		if err == nil {
			err = c.until(ctx, led) // as long as it takes: an external seat may be empty
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// awaitNode returns once the node is ready, or an external seat was taken.
func (c *Cluster) awaitNode(ctx context.Context, n *node) error {
	select {
	case <-n.ready:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// endAfter ends the run when its time is over, counted from ready: what is still
// disturbed is healed first, and the expectations that wait for it get their time.
// The returned function waits for its goroutine.
func (c *Cluster) endAfter(ctx context.Context, cancel context.CancelFunc, limit time.Duration) func() {
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer cancel()
		if !either(ctx, c.ready) || !either(ctx, time.After(limit)) {
			return
		}
		c.playbook.End()
		if !either(ctx, c.playbook.Done()) {
			return
		}
		if err := c.director.undoAll(ctx); err != nil {
			c.log.Warn("not all could be healed at the end", "error", err)
		}
		either(ctx, c.settled)
	}()
	return func() { cancel(); <-done }
}

// either waits for an event or for the end of ctx, and reports whether it was the event.
func either[T any](ctx context.Context, event <-chan T) bool {
	select {
	case <-event:
		return true
	case <-ctx.Done():
		return false
	}
}
