// Package coordinator is a Druid coordinator: it wins an election, compares the rules with what the servers serve,
// and writes their load queues.
//
// Run owns all goroutines. What belongs to leading lives in a leadership, whose loop is the only goroutine that
// touches it: answers to HTTP requests have it run functions, and anything that waits for ZooKeeper or the overlord
// runs beside it on copies.
package coordinator

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"oakmoot/internal/druid"
	"oakmoot/internal/roles/coordinator/plan"
	"oakmoot/internal/run/metadata"
	"oakmoot/internal/run/museum"
	"oakmoot/internal/run/node"
	"oakmoot/internal/zk/announce"
	"oakmoot/internal/zk/discovery"
	"oakmoot/internal/zk/election"
	"oakmoot/internal/zk/inventory"
	"oakmoot/internal/zk/zkconn"
)

// Config configures one incarnation of a coordinator.
type Config struct {
	node.Env
	Store      *metadata.Store
	ServerView inventory.Form // which of the two announcements of segments it follows
}

// coordinator is the part that every coordinator has, leading or not.
type coordinator struct {
	Config
	settings
	zc       zkconn.Conn
	view     *inventory.View
	seen     chan struct{} // closed once the view is complete
	overlord overlord

	leading atomic.Pointer[leadership]   // nil while not leading
	changes changes                      // of the view
	counted atomic.Pointer[plan.Catalog] // of the last run of the duties, nil before the first; a term's loop owns it while the term lasts
}

// Run takes part until ctx ends: HTTP, the election and the discovery entry in Druid's order, and the reverse at the
// end.
func Run(ctx context.Context, cfg Config) error {
	settings, err := readSettings(cfg.Props)
	if err != nil {
		return err
	}
	return node.Run(ctx, cfg.Env, func(ctx context.Context, fail context.CancelCauseFunc, zc zkconn.Conn) error {
		c := &coordinator{
			Config: cfg, settings: settings, zc: zc, seen: make(chan struct{}),
			overlord: overlord{discovery.NewLeaderClient(zc, cfg.Paths, cfg.Client, druid.Overlord, settings.overlordService)},
		}
		return c.serve(ctx, fail)
	})
}

// serve brings up the stages, blocks until ctx ends, and takes them down again.
func (c *coordinator) serve(ctx context.Context, fail context.CancelCauseFunc) error {
	ln, err := c.Listen(ctx)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	announcer := announce.NewAnnouncer(c.zc, c.Log)
	c.view = inventory.Start(context.WithoutCancel(ctx), c.zc, c.Paths, c.ServerView, c.Log)
	defer node.Stage(ctx, fail, c.follow)()
	defer node.Stage(ctx, fail, func(ctx context.Context) error { return node.ServeOn(ctx, ln, c.Env, c.routes()) })()
	defer node.Stage(ctx, fail, announcer.Run)()
	joined := make(chan struct{})
	defer node.Stage(ctx, fail, func(ctx context.Context) error { return c.elect(ctx, sync.OnceFunc(func() { close(joined) })) })()
	select {
	case <-joined:
	case <-ctx.Done():
		return nil
	}
	if plantedFollowersLead {
		go c.plantedLead(ctx)
	}
	self := druid.DiscoveryNode{Node: c.Self, NodeType: druid.Coordinator}
	withdraw, err := discovery.AnnounceNode(ctx, announcer, c.Paths, c.Release, self)
	if err != nil {
		return fmt.Errorf("announce node: %w", err)
	}
	c.Ready()
	<-ctx.Done()
	withdraw()
	return nil
}

func (c *coordinator) elect(ctx context.Context, joined func()) error {
	return election.Run(ctx, c.zc, election.Options{
		Path: c.Paths.CoordinatorLatch(), ID: c.Self.URI(), Joined: joined, Log: c.Log, Clock: c.Clock, ByOldNode: c.Museum.Has(museum.LeadsByItsOldNode),
	}, c.lead)
}

// follow takes the view's events, and ends with the view.
func (c *coordinator) follow(ctx context.Context) error {
	defer c.view.Stop()
	for {
		select {
		case e, ok := <-c.view.Events():
			if !ok {
				return nil
			}
			if e.Type == inventory.Initialized {
				close(c.seen)
			}
			c.changes.add(e)
		case <-ctx.Done():
			return nil
		}
	}
}

// isLeader is the flag that decides whether requests are answered or redirected.
func (c *coordinator) isLeader() bool { return c.leading.Load() != nil }

func (c *coordinator) leader(ctx context.Context) (string, error) {
	return election.Leader(ctx, c.zc, c.Paths.CoordinatorLatch())
}
