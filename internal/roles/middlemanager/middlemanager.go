package middlemanager

import (
	"context"
	"fmt"
	"net"

	"oakmoot/internal/rows/peon"
	"oakmoot/internal/run/deepstore"
	"oakmoot/internal/run/node"
	"oakmoot/internal/zk/announce"
	"oakmoot/internal/zk/discovery"
	"oakmoot/internal/zk/zkconn"
)

// Config is what a middleManager is given for one incarnation. Its Dir keeps the
// assigned and the completed tasks from one incarnation to the next.
type Config struct {
	node.Env
	DeepStorage *deepstore.Local
	Logs        *deepstore.Logs // where the logs and reports of ended tasks go

	IP       string // druid.worker.ip; empty is the host of Self
	Capacity int    // druid.worker.capacity, in slots; 0 is one less than the processors, at least 1
	Version  string // druid.worker.version; empty is "0"

	// ListenPeon opens the HTTP port of one peon: its task's location.
	ListenPeon func(ctx context.Context) (net.Listener, error)
	// Kinds are tasks that packages above this one know how to run.
	Kinds []peon.Kind
}

// Run announces the worker and runs tasks until ctx ends. As in Druid's lifecycle
// the stages end in the reverse of their order: discovery entry, peons, worker
// announcement, HTTP, session. Statuses of running tasks stay RUNNING; the next
// incarnation settles them.
func Run(ctx context.Context, cfg Config) error {
	return node.Run(ctx, cfg.Env, func(ctx context.Context, fail context.CancelCauseFunc, zc zkconn.Conn) error {
		return serve(ctx, fail, cfg, zc)
	})
}

// serve brings the stages up, blocks until ctx ends, and takes them down again.
func serve(ctx context.Context, fail context.CancelCauseFunc, cfg Config, zc zkconn.Conn) error {
	reg := newRegistration(cfg, zc)
	m, err := newMonitor(cfg, zc, reg.worker.Capacity)
	if err != nil {
		return err
	}
	common := announce.NewAnnouncer(zc, cfg.Log)
	ln, err := cfg.Listen(ctx)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	defer node.Stage(ctx, fail, func(ctx context.Context) error { return node.ServeOn(ctx, ln, cfg.Env, handler(m, reg)) })()
	if err := m.tree.createDirs(ctx); err != nil {
		return err
	}
	defer node.Stage(ctx, fail, common.Run)()
	defer node.Stage(ctx, fail, reg.announcer.Run)()
	if err := reg.announce(ctx); err != nil {
		return err
	}
	if err := m.prepare(ctx); err != nil {
		return err
	}
	defer node.Stage(ctx, fail, m.run)()
	withdraw, err := discovery.AnnounceNode(ctx, common, cfg.Paths, cfg.Release, discoveryNode(cfg.Self, reg.worker))
	if err != nil {
		return err
	}
	cfg.Ready()
	<-ctx.Done()
	withdraw()
	return nil
}
