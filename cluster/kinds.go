package cluster

import (
	"context"
	"net"

	"oakmoot/internal/druid"
	"oakmoot/internal/roles/broker"
	"oakmoot/internal/roles/coordinator"
	"oakmoot/internal/roles/historical"
	"oakmoot/internal/roles/middlemanager"
	"oakmoot/internal/roles/overlord"
	"oakmoot/internal/roles/realtime"
	"oakmoot/internal/rows/peon"
	"oakmoot/internal/stage/kinds"
)

// player is how a place of one kind is filled: by a role of ours, or by a real process
// in its seat. What else is known of the kind is its row in package kinds.
type player struct {
	run   func(context.Context, *site, *node) error // one incarnation; nil for a kind that only a process of its own can be
	lines func(*writer)                             // of a seat's runtime.properties
	newer func(*writer)                             // warns of a version after 0.14.0; may be nil
}

// players are the kinds by their names in the topology.
var players = map[string]player{
	"coordinator":   {runCoordinator, (*writer).coordinator, (*writer).noLoadQueue},
	"overlord":      {runOverlord, (*writer).overlord, nil},
	"historical":    {runHistorical, (*writer).historical, (*writer).noLoadQueue},
	"realtime":      {runRealtime, (*writer).realtime, (*writer).noRealtime},
	"middlemanager": {runMiddleManager, (*writer).middleManager, nil},
	"broker":        {runBroker, (*writer).broker, nil},
	"router":        {nil, (*writer).router, nil},
}

func runCoordinator(ctx context.Context, s *site, n *node) error {
	return coordinator.Run(ctx, coordinator.Config{Env: s.env(ctx, n), Store: s.store.By(n.clock.Given()), ServerView: s.serverView()})
}

func runOverlord(ctx context.Context, s *site, n *node) error {
	return overlord.Run(ctx, overlord.Config{Env: s.env(ctx, n), Store: s.store.By(n.clock.Given()), Logs: s.taskLogs(ctx, n)})
}

func runHistorical(ctx context.Context, s *site, n *node) error {
	return historical.Run(ctx, historical.Config{
		Env: s.env(ctx, n), DeepStorage: s.deepStorage(ctx, n), Server: serverMetadata(n), Announce: s.announceForm(),
	})
}

func runRealtime(ctx context.Context, s *site, n *node) error {
	spec, err := s.realtimeSpec(n.name)
	if err != nil {
		return err
	}
	return realtime.Run(ctx, realtime.Config{
		Env: s.env(ctx, n), Store: s.store.By(n.clock.Given()).Segments, DeepStorage: s.deepStorage(ctx, n), Server: serverMetadata(n), Announce: s.announceForm(), Spec: spec,
		Emit: func(dataSource string, processed, unparseable, thrownAway int) {
			s.intakes.streamed(n.name, dataSource, processed, unparseable, thrownAway)
		},
	})
}

func runMiddleManager(ctx context.Context, s *site, n *node) error {
	var kinds []peon.Kind
	if s.opts.kinds != nil {
		kinds = s.opts.kinds(n.name)
	}
	return middlemanager.Run(ctx, middlemanager.Config{
		Kinds: n.tasks.before(peon.Kinds(kinds)),
		Env:   s.env(ctx, n), DeepStorage: s.deepStorage(ctx, n), Logs: s.taskLogs(ctx, n), IP: n.self.Host, Capacity: n.role.Capacity, Version: workerVersion,
		ListenPeon: func(context.Context) (net.Listener, error) { return n.address.open(net.JoinHostPort(n.self.Host, "0")) },
	})
}

func runBroker(ctx context.Context, s *site, n *node) error {
	return broker.Run(ctx, broker.Config{Env: s.env(ctx, n), ServerView: s.serverView()})
}

// workerVersion is Druid's default druid.worker.version.
const workerVersion = "0"

func serverMetadata(n *node) druid.ServerMetadata {
	host := n.self.HostAndPort()
	return druid.ServerMetadata{Name: host, Host: host, MaxSize: n.role.MaxSize.Bytes, Type: kinds.Of(n.kind).ServerType, Tier: n.role.Tier, Priority: n.role.Priority}
}
