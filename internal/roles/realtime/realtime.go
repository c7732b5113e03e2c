package realtime

import (
	"context"
	"fmt"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/dataserver"
	"oakmoot/internal/run/deepstore"
	"oakmoot/internal/run/metadata"
	"oakmoot/internal/run/node"
	"oakmoot/internal/zk/announce"
	"oakmoot/internal/zk/discovery"
	"oakmoot/internal/zk/zkconn"
)

// Config configures one incarnation of a realtime node. Dir keeps the persisted sinks
// from one incarnation to the next.
type Config struct {
	node.Env
	Store       metadata.Segments // where finished segments are published
	DeepStorage *deepstore.Local
	Server      druid.ServerMetadata
	Announce    announce.Form
	Spec        []byte // the JSON array of druid.realtime.specFile

	// Emit, if not nil, is told of rows as they are taken or not: the events of
	// FireDepartmentMetrics, which Druid's RealtimeMetricsMonitor emits.
	Emit func(dataSource string, processed, unparseable, thrownAway int)
}

// server is one incarnation, as its chiefs see it.
type server struct {
	cfg      Config
	zc       zkconn.Conn
	served   *dataserver.Segments
	segments *announce.Segments
	handoffs *handoffs
	chiefs   []*chief
}

// Run reads the streams of the spec until ctx ends. It joins in Druid's order: the
// server, the sinks of earlier incarnations and the firehoses, then the queue
// directories and the lookup listener. Realtime nodes have no discovery entry.
func Run(ctx context.Context, cfg Config) error {
	return node.Run(ctx, cfg.Env, func(ctx context.Context, fail context.CancelCauseFunc, zc zkconn.Conn) error {
		return serve(ctx, fail, cfg, zc)
	})
}

// serve brings the stages up, blocks until ctx ends, and takes them down again.
func serve(ctx context.Context, fail context.CancelCauseFunc, cfg Config, zc zkconn.Conn) error {
	announcer := announce.NewAnnouncer(zc, cfg.Log)
	s, err := newServer(cfg, zc, announcer)
	if err != nil {
		return err
	}
	ln, err := cfg.Listen(ctx)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	defer node.Stage(ctx, fail, func(ctx context.Context) error { return node.ServeOn(ctx, ln, cfg.Env, s.routes()) })()
	defer node.Stage(ctx, fail, announcer.Run)()
	if err := dataserver.AnnounceServer(ctx, announcer, cfg.Paths, cfg.Server); err != nil {
		return err
	}
	defer node.Stage(ctx, fail, s.handoffs.run)()
	for _, c := range s.chiefs {
		withdraw, err := c.prepare(ctx)
		if err != nil {
			return err
		}
		defer dataserver.Withdraw(ctx, withdraw)
		defer node.Stage(ctx, fail, c.serve)()
	}
	if err := s.segments.AnnounceAll(ctx); err != nil {
		return err
	}
	if err := dataserver.EnsureDirs(ctx, zc, cfg.Paths, cfg.Server.Name); err != nil {
		return err
	}
	lookups, err := dataserver.AnnounceLookups(ctx, announcer, cfg.Env)
	if err != nil {
		return err
	}
	cfg.Ready()
	<-ctx.Done()
	dataserver.Leave(ctx, announcer, lookups, cfg.Paths.Announcement(cfg.Server.Name))
	return nil
}

func newServer(cfg Config, zc zkconn.Conn, announcer *announce.Announcer) (*server, error) {
	departments, err := parseSpec(cfg.Spec)
	if err != nil {
		return nil, err
	}
	coordinator := discovery.NewLeaderClient(zc, cfg.Paths, cfg.Client, druid.Coordinator, cfg.Props.String("druid.selectors.coordinator.serviceName", "druid/coordinator"))
	s := &server{
		cfg: cfg, zc: zc,
		served:   new(dataserver.Segments),
		segments: announce.NewSegments(announcer, cfg.Server, cfg.Paths, dataserver.AnnounceConfig(cfg.Env, cfg.Announce)),
		handoffs: newHandoffs(cfg.Clock, coordinator, cfg.Props.Every("druid.segment.handoff.pollDuration", time.Minute), cfg.Log),
	}
	for _, d := range departments {
		c, err := newChief(d, s)
		if err != nil {
			return nil, err
		}
		s.chiefs = append(s.chiefs, c)
	}
	return s, nil
}
