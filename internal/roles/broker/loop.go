package broker

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/rows/dataserver"
	"oakmoot/internal/zk/inventory"
	"oakmoot/internal/zk/zkconn"
)

// broker is the loop that owns the view, and what queries need besides it.
type broker struct {
	cfg     Config
	log     hclog.Logger
	better  tierStrategy
	queries *dataserver.Resource

	calls       chan func()   // run by the loop: what queries ask of the view
	ended       chan struct{} // closed when the loop has returned
	initialized chan struct{} // closed when the first look is complete
	complete    atomic.Bool   // the same, for HTTP

	view *view // the loop goroutine owns it
}

func newBroker(cfg Config) *broker {
	b := &broker{
		cfg: cfg, log: cfg.Log, view: newView(),
		better:      tierStrategies[cfg.Props.String("druid.broker.select.tier", "highestPriority")],
		calls:       make(chan func()),
		ended:       make(chan struct{}),
		initialized: make(chan struct{}),
	}
	if b.better == nil {
		b.better = tierStrategies["highestPriority"]
	}
	b.queries = dataserver.NewResource(b.answer, cfg.Log)
	return b
}

// loop follows the inventory until ctx ends.
func (b *broker) loop(ctx context.Context, zc zkconn.Conn) error {
	defer close(b.ended)
	servers := inventory.Start(ctx, zc, b.cfg.Paths, b.cfg.ServerView, b.log)
	defer servers.Stop()
	for {
		select {
		case e, ok := <-servers.Events():
			if !ok {
				return errors.New("the view of the servers has ended")
			}
			b.view.apply(e)
			if e.Type == inventory.Initialized && !b.complete.Swap(true) {
				close(b.initialized)
			}
		case call := <-b.calls:
			call()
		case <-ctx.Done():
			return nil
		}
	}
}

var errEnded = errors.New("the broker has stopped")

// ask has the loop run f and waits for it.
func (b *broker) ask(ctx context.Context, f func()) error {
	done := make(chan struct{})
	select {
	case b.calls <- func() { f(); close(done) }:
		<-done
		return nil
	case <-b.ended:
		return errEnded
	case <-ctx.Done():
		return ctx.Err()
	}
}
