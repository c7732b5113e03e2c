package overlord

import (
	"context"
	"fmt"
	"sync"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/deepstore"
	"oakmoot/internal/run/metadata"
	"oakmoot/internal/run/museum"
	"oakmoot/internal/run/node"
	"oakmoot/internal/zk/announce"
	"oakmoot/internal/zk/discovery"
	"oakmoot/internal/zk/election"
	"oakmoot/internal/zk/zkconn"
)

// Config is what an overlord is given for one incarnation.
type Config struct {
	node.Env
	Store *metadata.Store
	Logs  *deepstore.Logs // logs of finished tasks
}

// Run takes part in the election until ctx ends, and runs tasks while it leads:
// CliOverlord of Druid.
func Run(ctx context.Context, cfg Config) error {
	return node.Run(ctx, cfg.Env, func(ctx context.Context, fail context.CancelCauseFunc, zc zkconn.Conn) error {
		return serve(ctx, fail, cfg, zc)
	})
}

// serve brings the stages up, blocks until ctx ends, and takes them down again: the
// entry in internal-discovery first, then the leader and the latch, HTTP last.
func serve(ctx context.Context, fail context.CancelCauseFunc, cfg Config, zc zkconn.Conn) error {
	ln, err := cfg.Listen(ctx)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	master := &taskMaster{cfg: cfg, zc: zc}
	defer node.Stage(ctx, fail, func(ctx context.Context) error { return node.ServeOn(ctx, ln, cfg.Env, handler(cfg, master)) })()
	announcer := announce.NewAnnouncer(zc, cfg.Log)
	joined := make(chan struct{})
	defer node.Stage(ctx, fail, announcer.Run)()
	defer node.Stage(ctx, fail, func(ctx context.Context) error {
		return election.Run(ctx, zc, election.Options{
			Path: cfg.Paths.OverlordLatch(), ID: cfg.Self.URI(), Log: cfg.Log, Clock: cfg.Clock, ByOldNode: cfg.Museum.Has(museum.LeadsByItsOldNode),
			Joined: sync.OnceFunc(func() { close(joined) }),
		}, master.lead)
	})()
	select {
	case <-joined:
	case <-ctx.Done():
		return nil
	}
	withdraw, err := discovery.AnnounceNode(ctx, announcer, cfg.Paths, cfg.Release, druid.DiscoveryNode{Node: cfg.Self, NodeType: druid.Overlord})
	if err != nil {
		return err
	}
	cfg.Ready()
	<-ctx.Done()
	withdraw()
	return nil
}
