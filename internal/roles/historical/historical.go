package historical

import (
	"context"
	"fmt"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/dataserver"
	"oakmoot/internal/run/deepstore"
	"oakmoot/internal/run/museum"
	"oakmoot/internal/run/node"
	"oakmoot/internal/zk/announce"
	"oakmoot/internal/zk/discovery"
	"oakmoot/internal/zk/zkconn"
)

// Config configures one incarnation of a historical. Its Dir keeps the segment cache from one incarnation to the
// next.
type Config struct {
	node.Env
	DeepStorage *deepstore.Local
	Server      druid.ServerMetadata // tier, priority and, in bytes, the most that the cache may hold
	Announce    announce.Form
}

// Run serves segments until ctx ends. It joins in Druid's order: HTTP, then the cached segments, the server, the load
// queue, the lookup listener and the discovery entry. It leaves in reverse order, and keeps its cache.
func Run(ctx context.Context, cfg Config) error {
	return node.Run(ctx, cfg.Env, func(ctx context.Context, fail context.CancelCauseFunc, zc zkconn.Conn) error {
		return serve(ctx, fail, cfg, zc)
	})
}

// serve brings up the stages, blocks until ctx ends, and takes them down again.
func serve(ctx context.Context, fail context.CancelCauseFunc, cfg Config, zc zkconn.Conn) error {
	announcer := announce.NewAnnouncer(zc, cfg.Log)
	announcer.ForgetsWhatIsGone = cfg.Museum.Has(museum.StaysUnannounced)
	h, err := newHandler(cfg, zc, announcer)
	if err != nil {
		return err
	}
	ln, err := cfg.Listen(ctx)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	defer node.Stage(ctx, fail, func(ctx context.Context) error { return node.ServeOn(ctx, ln, cfg.Env, h.routes()) })()
	defer node.Stage(ctx, fail, announcer.Run)()
	if err := h.bootstrap(ctx); err != nil {
		return err
	}
	if err := dataserver.AnnounceServer(ctx, announcer, cfg.Paths, cfg.Server); err != nil {
		return err
	}
	if err := dataserver.EnsureDirs(ctx, zc, cfg.Paths, cfg.Server.Name); err != nil {
		return err
	}
	h.following.Store(true)
	defer node.Stage(ctx, fail, h.follow)()
	lookups, err := dataserver.AnnounceLookups(ctx, announcer, cfg.Env)
	if err != nil {
		return err
	}
	if err := announceNode(ctx, announcer, cfg); err != nil {
		return err
	}
	cfg.Ready()
	<-ctx.Done()
	dataserver.Leave(ctx, announcer, cfg.Paths.NodeDiscovery(druid.Historical, cfg.Self.HostAndPort()), lookups, cfg.Paths.Announcement(cfg.Server.Name))
	return nil
}

// announceNode creates the historical's entry in internal-discovery.
func announceNode(ctx context.Context, a *announce.Announcer, cfg Config) error {
	data, err := dataserver.DataNodeService(cfg.Server)
	if err != nil {
		return fmt.Errorf("describe data node: %w", err)
	}
	lookups, err := dataserver.LookupNodeService(cfg.Props)
	if err != nil {
		return fmt.Errorf("describe lookup node: %w", err)
	}
	_, err = discovery.AnnounceNode(ctx, a, cfg.Paths, cfg.Release, druid.DiscoveryNode{
		Node: cfg.Self, NodeType: druid.Historical, Services: []druid.NodeService{data, lookups},
	})
	return err
}
