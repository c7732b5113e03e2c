package broker

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/run/loop"
	"oakmoot/internal/zk/inventory"
)

// serverView follows the servers' announcements: BrokerServerView. Its loop owns the view; queries ask the loop.
type serverView struct {
	log         hclog.Logger
	loop        *loop.Loop
	initialized chan struct{} // closed once the first reading is complete
	complete    atomic.Bool   // the same, for HTTP
	view        *view         // the loop owns it
}

func newServerView(log hclog.Logger) *serverView {
	return &serverView{log: log, loop: loop.New("the broker"), initialized: make(chan struct{}), view: newView()}
}

// run follows the servers until ctx ends.
func (s *serverView) run(ctx context.Context, servers *inventory.View) error {
	defer s.loop.End()
	defer servers.Stop()
	for {
		select {
		case e, ok := <-servers.Events():
			if !ok {
				return errors.New("the view of the servers has ended")
			}
			s.tell(e)
			s.view.apply(e)
			if e.Type == inventory.Initialized && !s.complete.Swap(true) {
				close(s.initialized)
			}
		case f := <-s.loop.Calls():
			f()
		case <-ctx.Done():
			return nil
		}
	}
}

// tell logs which servers come and go.
func (s *serverView) tell(e inventory.Event) {
	switch e.Type {
	case inventory.ServerAdded:
		s.log.Debug("server announced", "server", e.Server.Name, "type", e.Server.Type, "tier", e.Server.Tier)
	case inventory.ServerRemoved:
		s.log.Debug("server gone", "server", e.Server.Name, "segments", len(e.Lost))
	}
}

// ask has the loop run f on the view, and waits for it.
func (s *serverView) ask(ctx context.Context, f func(*view)) error {
	return s.loop.Do(ctx, func() { f(s.view) })
}
