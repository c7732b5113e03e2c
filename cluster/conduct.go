package cluster

import (
	"context"
	"time"
)

// conduct leads the cluster through its run: it waits until all is up, indexes
// the datasources, says that the cluster is ready, and plays the steps.
func (c *Cluster) conduct(ctx context.Context) error {
	if err := (patience{c.opts.patience, c.nodes}).await(ctx, c.observer); err != nil {
		return ended(ctx, err)
	}
	if err := c.Addresses().publish(c.dir, c.opts.addressFile); err != nil {
		return err
	}
	close(c.staffed)
	c.awaitJudge(ctx)
	c.annals.ready = time.Now()
	c.annals.readyAt.Store(c.annals.ready.UnixNano())
	close(c.ready)
	load := &loader{
		dataSources: c.topo.DataSources, streams: c.topo.Streams, version: c.topo.DruidVersion, dir: c.dir, store: c.store.Segments,
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

// firstLook bounds how long a cluster that is up waits for the first look at what has to
// hold always: a broker that is asked may take its time.
const firstLook = time.Second

// awaitJudge waits for the first look at what has to hold always, so that no run ends
// without one.
func (c *Cluster) awaitJudge(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, firstLook)
	defer cancel()
	either(ctx, c.judge.looked)
}

// endSettled ends the run when the topology wants that: all its rows are in, its steps
// are done, and its expectations have been judged. Faults that last until they are healed
// are healed once nothing but that is waited for. The returned function waits for its
// goroutine.
func (c *Cluster) endSettled(ctx context.Context, cancel context.CancelFunc) func() {
	done := make(chan struct{})
	go func() {
		defer close(done)
		if !either(ctx, c.ready) || !either(ctx, c.playbook.Done()) || !either(ctx, c.loaded) {
			return
		}
		c.director.armed.awaitTimed(ctx)
		if !either(ctx, c.judge.soon) {
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
