package cluster

import (
	"context"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/roles/broker"
	"oakmoot/internal/roles/coordinator"
	"oakmoot/internal/roles/historical"
	"oakmoot/internal/roles/middlemanager"
	"oakmoot/internal/roles/overlord"
	"oakmoot/internal/roles/realtime"
	"oakmoot/internal/rows/peon"
	"oakmoot/internal/run/deepstore"
	process "oakmoot/internal/run/node"
	"oakmoot/internal/stage/kinds"
	"oakmoot/internal/zk/announce"
	"oakmoot/internal/zk/inventory"
	"oakmoot/internal/zk/zkconn"
)

// player is how a place of one kind is filled: by a role of ours, or by a real process
// in its seat. What else is known of the kind is its row in package kinds.
type player struct {
	run   func(*Cluster, *node) incarnation // nil for a kind that only a process of its own can be
	lines func(*writer)                     // of a seat's runtime.properties
	newer func(*writer)                     // warns of a version after 0.14.0; may be nil
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

func runCoordinator(c *Cluster, n *node) incarnation {
	return func(ctx context.Context) error {
		return coordinator.Run(ctx, coordinator.Config{Env: c.env(ctx, n), Store: c.store, ServerView: c.serverView()})
	}
}

func runOverlord(c *Cluster, n *node) incarnation {
	return func(ctx context.Context) error {
		return overlord.Run(ctx, overlord.Config{Env: c.env(ctx, n), Store: c.store, Logs: c.taskLogs(ctx, n)})
	}
}

func runHistorical(c *Cluster, n *node) incarnation {
	return func(ctx context.Context) error {
		return historical.Run(ctx, historical.Config{
			Env: c.env(ctx, n), DeepStorage: c.deepStorage(ctx, n), Server: serverMetadata(n), Announce: c.announceForm(),
		})
	}
}

func runRealtime(c *Cluster, n *node) incarnation {
	return func(ctx context.Context) error {
		spec, err := c.realtimeSpec(n)
		if err != nil {
			return err
		}
		return realtime.Run(ctx, realtime.Config{
			Env: c.env(ctx, n), Store: c.store.Segments, DeepStorage: c.deepStorage(ctx, n), Server: serverMetadata(n), Announce: c.announceForm(), Spec: spec,
			Emit: func(dataSource string, processed, unparseable, thrownAway int) {
				c.intakes.streamed(n.name, dataSource, processed, unparseable, thrownAway)
			},
		})
	}
}

func runMiddleManager(c *Cluster, n *node) incarnation {
	var kinds []peon.Kind
	if c.opts.kinds != nil {
		kinds = c.opts.kinds(n.name)
	}
	return func(ctx context.Context) error {
		return middlemanager.Run(ctx, middlemanager.Config{
			Kinds: kinds,
			Env:   c.env(ctx, n), DeepStorage: c.deepStorage(ctx, n), Logs: c.taskLogs(ctx, n), IP: n.self.Host, Capacity: n.role.Capacity, Version: workerVersion,
			ListenPeon: func(context.Context) (net.Listener, error) {
				ln, err := n.net.Listen(net.JoinHostPort(n.self.Host, "0"))
				if err != nil {
					return nil, err
				}
				return n.link.WrapListener(ln), nil
			},
		})
	}
}

func runBroker(c *Cluster, n *node) incarnation {
	return func(ctx context.Context) error {
		return broker.Run(ctx, broker.Config{Env: c.env(ctx, n), ServerView: c.serverView()})
	}
}

// workerVersion is Druid's default druid.worker.version.
const workerVersion = "0"

// env is what an incarnation of a node is given, which lives as long as ctx. What leaves
// it goes through the node's link, and what it writes and reads through its disk.
func (c *Cluster) env(ctx context.Context, n *node) process.Env {
	return process.Env{
		Self:    n.self,
		Release: c.release(),
		Paths:   c.paths,
		Props:   c.properties(n),
		Disk:    n.disk.Until(ctx),
		Dir:     n.dir,
		Log:     n.voice(),
		Open:    func(ctx context.Context) (zkconn.Conn, error) { return c.openFor(ctx, n) },
		Listen:  n.listen,
		Client: &http.Client{Transport: &http.Transport{
			DialContext:         n.link.DialHTTP,
			MaxIdleConnsPerHost: 4,
			IdleConnTimeout:     30 * time.Second,
		}},
		Ready: n.markReady,
	}
}

// release is whose bytes the nodes write.
func (c *Cluster) release() druid.Release {
	r, _ := druid.ReleaseOf(c.topo.DruidVersion) // checked with the topology
	return r
}

// openFor opens a node's connection to ZooKeeper through its link and remembers
// it, so that the node's session can be named and expired.
func (c *Cluster) openFor(ctx context.Context, n *node) (zkconn.Conn, error) {
	zc, err := zkconn.Open(ctx, zkconn.Options{
		Servers: c.zkServers, Chroot: c.zkChroot, SessionTimeout: c.topo.ZooKeeper.SessionTimeout.Duration,
		Dial: n.link.DialZK, Jitter: c.jitter(n), Log: n.voice().Named("zk"),
	})
	if err != nil {
		return nil, err
	}
	n.session.Store(&zc)
	n.speak()
	return zc, nil
}

// jitter is the source of a node's pauses between attempts to connect: another for
// each node, the same whenever the seed is.
func (c *Cluster) jitter(n *node) func() float64 { return c.chance(n.name).Float64 }

// chance is a source of random numbers of its own for a name: the same whenever the seed
// is.
func (c *Cluster) chance(name string) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // a hash takes anything
	return rand.New(rand.NewPCG(uint64(c.seed), h.Sum64()))
}

// properties are the node's runtime properties: the local defaults, over them
// the topology's, over them the role's own.
func (c *Cluster) properties(n *node) process.Properties {
	props := maps.Clone(localProperties)
	maps.Copy(props, map[string]string{
		"druid.zk.paths.base":               c.topo.ZooKeeper.Base,
		"druid.zk.service.sessionTimeoutMs": strconv.FormatInt(c.topo.ZooKeeper.SessionTimeout.Milliseconds(), 10),
		"druid.discovery.curator.path":      c.paths.Discovery,
		"druid.service":                     n.self.Service,
		"druid.storage.type":                "local",
		"druid.storage.storageDirectory":    c.dir.file("segments"),
	})
	maps.Copy(props, c.topo.Defaults.Properties)
	maps.Copy(props, n.role.Properties)
	return props
}

func serverMetadata(n *node) druid.ServerMetadata {
	host := n.self.HostAndPort()
	return druid.ServerMetadata{Name: host, Host: host, MaxSize: n.role.MaxSize.Bytes, Type: kinds.Of(n.kind).ServerType, Tier: n.role.Tier, Priority: n.role.Priority}
}

// deepStorage is what a node may read, write and delete segments in.
func (c *Cluster) deepStorage(ctx context.Context, n *node) *deepstore.Local {
	return deepstore.New(n.disk.Until(ctx), c.properties(n)["druid.storage.storageDirectory"])
}

// taskLogs is where a node keeps or finds the logs and reports of finished tasks.
func (c *Cluster) taskLogs(ctx context.Context, n *node) *deepstore.Logs {
	return deepstore.NewLogs(n.disk.Until(ctx), c.dir.file("task-logs"))
}

func (c *Cluster) announceForm() announce.Form {
	switch c.topo.Defaults.Announcer {
	case "legacy":
		return announce.Legacy
	case "batch":
		return announce.Batch
	}
	return announce.Both
}

func (c *Cluster) serverView() inventory.Form {
	if c.topo.Defaults.ServerView == "legacy" {
		return inventory.Legacy
	}
	return inventory.Batch
}
