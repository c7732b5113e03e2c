package broker

import (
	"context"
	"fmt"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/dataserver"
	"oakmoot/internal/run/node"
	"oakmoot/internal/zk/announce"
	"oakmoot/internal/zk/discovery"
	"oakmoot/internal/zk/inventory"
	"oakmoot/internal/zk/zkconn"
)

// Config configures one incarnation of a broker.
type Config struct {
	node.Env
	ServerView inventory.Form // which of the two forms of announcements it follows
}

// broker is what answers queries.
type broker struct {
	cfg     Config
	log     hclog.Logger
	better  tierStrategy
	queries *dataserver.Resource
	servers *serverView
}

func newBroker(cfg Config) *broker {
	b := &broker{
		cfg: cfg, log: cfg.Log, servers: newServerView(cfg.Log),
		better: tierStrategies[cfg.Props.String("druid.broker.select.tier", "highestPriority")],
	}
	if b.better == nil {
		b.better = tierStrategies["highestPriority"]
	}
	b.queries = dataserver.NewResource(b.answer, cfg.Clock, cfg.Log)
	return b
}

// Run answers queries until ctx ends. It is ready once it has seen every server that was there at its start, and has
// announced itself.
func Run(ctx context.Context, cfg Config) error {
	return node.Run(ctx, cfg.Env, func(ctx context.Context, fail context.CancelCauseFunc, zc zkconn.Conn) error {
		return serve(ctx, fail, cfg, zc)
	})
}

// serve brings up the stages, blocks until ctx ends, and takes them down again.
func serve(ctx context.Context, fail context.CancelCauseFunc, cfg Config, zc zkconn.Conn) error {
	b := newBroker(cfg)
	announcer := announce.NewAnnouncer(zc, cfg.Log)
	ln, err := cfg.Listen(ctx)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	defer node.Stage(ctx, fail, func(ctx context.Context) error { return node.ServeOn(ctx, ln, cfg.Env, b.routes()) })()
	defer node.Stage(ctx, fail, announcer.Run)()
	defer node.Stage(ctx, fail, func(ctx context.Context) error {
		return b.servers.run(ctx, inventory.Start(ctx, zc, cfg.Paths, cfg.ServerView, cfg.Log))
	})()
	select {
	case <-b.servers.initialized:
	case <-ctx.Done():
		return nil
	}
	lookups, err := dataserver.AnnounceLookups(ctx, announcer, cfg.Env)
	if err != nil {
		return err
	}
	if err := announceNode(ctx, announcer, cfg); err != nil {
		return err
	}
	withdraw, err := discovery.AnnounceService(ctx, zc, cfg.Paths, cfg.Self, cfg.Self.Service, cfg.Clock.Now())
	if err != nil {
		return fmt.Errorf("announce service: %w", err)
	}
	cfg.Ready()
	<-ctx.Done()
	dataserver.Withdraw(ctx, withdraw)
	dataserver.Leave(ctx, announcer, cfg.Paths.NodeDiscovery(druid.Broker, cfg.Self.HostAndPort()), lookups)
	return nil
}

// announceNode creates the broker's entry in internal-discovery.
func announceNode(ctx context.Context, a *announce.Announcer, cfg Config) error {
	lookups, err := dataserver.LookupNodeService(cfg.Props)
	if err != nil {
		return fmt.Errorf("describe lookup node: %w", err)
	}
	_, err = discovery.AnnounceNode(ctx, a, cfg.Paths, cfg.Release, druid.DiscoveryNode{
		Node: cfg.Self, NodeType: druid.Broker, Services: []druid.NodeService{lookups},
	})
	return err
}
