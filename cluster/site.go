package cluster

import (
	"cmp"
	"context"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/deepstore"
	"oakmoot/internal/run/disk"
	"oakmoot/internal/run/fault"
	"oakmoot/internal/run/fault/clockfault"
	"oakmoot/internal/run/fault/diskfault"
	"oakmoot/internal/run/metadata"
	process "oakmoot/internal/run/node"
	"oakmoot/internal/stage/kinds"
	"oakmoot/internal/stage/observe"
	"oakmoot/internal/zk/announce"
	"oakmoot/internal/zk/inventory"
	"oakmoot/internal/zk/zkconn"
	"oakmoot/internal/zk/zkpath"
	"oakmoot/topology"
)

// site is what nodes are built from and what their incarnations are given: the topology,
// and what they share.
type site struct {
	topo      Topology
	opts      options
	seed      int64
	paths     zkpath.Paths
	log       hclog.Logger
	dir       *dataDir
	store     *metadata.Store
	zookeeper *ensemble
	intakes   *intakes
	heard     func(observe.Node) // takes a node's word, after each change of it
}

// build makes the nodes in the order of the topology, and binds their addresses: those of
// the topology, else those of the previous run in the same directory, else whatever the
// system gives. With an error it returns the nodes made so far.
func (s *site) build() (nodes, error) {
	var all nodes
	last := s.dir.lastAddresses()
	rng := rand.New(rand.NewPCG(uint64(s.seed), 0))
	for _, p := range s.topo.Places() {
		n := s.newNode(p, rng)
		all = append(all, n)
		if p.Role.External {
			continue
		}
		if p.Port == 0 && n.bind(last.port(n.name)) == nil {
			continue
		}
		if err := n.bind(p.Port); err != nil {
			return all, err
		}
	}
	return all, nil
}

// hire makes a node beyond those of the topology.
func (s *site) hire(p topology.Place) (*node, error) {
	n := s.newNode(p, chance(s.seed, "link of "+p.Name))
	return n, n.bind(0)
}

func (s *site) newNode(p topology.Place, rng *rand.Rand) *node {
	link := fault.NewLink(s.zookeeper.reach, rand.New(rand.NewPCG(rng.Uint64(), rng.Uint64())))
	n := &node{
		place:   place{name: p.Name, kind: p.Role.Kind, role: p.Role, port: p.Port},
		lives:   newLives(),
		dir:     s.dir.file("nodes", p.Name),
		log:     s.log.Named(p.Name),
		link:    link,
		seams:   seams{&signals{file: p.Role.PIDFileOf(p.Name), log: s.log.Named(p.Name)}, diskfault.New(disk.OS{}, chance(s.seed, "disk of "+p.Name)), newTaskFaults(chance(s.seed, "tasks of "+p.Name)), new(clockfault.Clock)},
		address: address{net: s.opts.net, link: link},
	}
	n.self.Service, n.self.Host = cmp.Or(p.Role.Properties["druid.service"], kinds.Of(p.Role.Kind).Service), "127.0.0.1"
	n.self.BindOnHost, n.self.TLSPort, n.self.EnablePlaintextPort = true, -1, true
	n.speak = func() { s.heard(n.word()) }
	if p.Role.External {
		n.seat.Store(&occupant{host: p.ExternalHost()})
	} else {
		n.supervisor = newSupervisor(n, func(ctx context.Context) error { return players[n.kind].run(ctx, s, n) })
	}
	n.speak() // the model has the nodes in the order of the topology
	return n
}

// env is what a node's next incarnation is given. All of its traffic goes through the
// node's link.
func (s *site) env(ctx context.Context, n *node) process.Env {
	return process.Env{
		Self:    n.self,
		Release: s.release().By(n.clock.Given()),
		Paths:   s.paths,
		Props:   s.properties(n),
		Disk:    n.disk.Until(ctx),
		Clock:   n.clock.Given(),
		Dir:     n.dir,
		Museum:  n.role.Museum,
		Log:     n.voice(),
		Open:    func(ctx context.Context) (zkconn.Conn, error) { return s.openFor(ctx, n) },
		Listen:  func(ctx context.Context) (net.Listener, error) { return n.address.listen(ctx, n.self.HostAndPort()) },
		Client: &http.Client{Transport: &http.Transport{
			DialContext:         n.link.DialHTTP,
			MaxIdleConnsPerHost: 4,
			IdleConnTimeout:     30 * time.Second,
		}},
		Ready: n.markReady,
	}
}

// release is the version of Druid whose bytes the nodes write.
func (s *site) release() druid.Release {
	r, _ := druid.ReleaseOf(s.topo.DruidVersion) // checked with the topology
	return r
}

// openFor opens a node's connection to ZooKeeper through its link and remembers
// it, so that the node's session can be named and expired.
func (s *site) openFor(ctx context.Context, n *node) (zkconn.Conn, error) {
	zc, err := zkconn.Open(ctx, zkconn.Options{
		Servers: s.zookeeper.servers, Chroot: s.zookeeper.chroot, SessionTimeout: s.topo.ZooKeeper.SessionTimeout.Duration,
		Dial: n.link.DialZK, Jitter: s.jitter(n), Log: n.voice().Named("zk"),
	})
	if err != nil {
		return nil, err
	}
	n.session.hold(zc)
	n.speak()
	return zc, nil
}

// jitter is the source of a node's pauses between attempts to connect: different for each
// node, and the same for the same seed.
func (s *site) jitter(n *node) func() float64 { return chance(s.seed, n.name).Float64 }

// chance is a source of random numbers of its own for a name: the same whenever the seed
// is.
func chance(seed int64, name string) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // a hash takes anything
	return rand.New(rand.NewPCG(uint64(seed), h.Sum64()))
}

// properties are the node's runtime properties: the local defaults, overridden by the
// topology's, overridden by the role's own.
func (s *site) properties(n *node) process.Properties {
	props := maps.Clone(localProperties)
	maps.Copy(props, map[string]string{
		"druid.zk.paths.base":               s.topo.ZooKeeper.Base,
		"druid.zk.service.sessionTimeoutMs": strconv.FormatInt(s.topo.ZooKeeper.SessionTimeout.Milliseconds(), 10),
		"druid.discovery.curator.path":      s.paths.Discovery,
		"druid.service":                     n.self.Service,
		"druid.storage.type":                "local",
		"druid.storage.storageDirectory":    s.dir.file("segments"),
	})
	maps.Copy(props, s.topo.Defaults.Properties)
	maps.Copy(props, n.role.Properties)
	return props
}

// deepStorage is where a node reads, writes and deletes segments.
func (s *site) deepStorage(ctx context.Context, n *node) *deepstore.Local {
	return deepstore.New(n.disk.Until(ctx), s.properties(n)["druid.storage.storageDirectory"])
}

// taskLogs is where a node keeps or finds the logs and reports of finished tasks.
func (s *site) taskLogs(ctx context.Context, n *node) *deepstore.Logs {
	return deepstore.NewLogs(n.disk.Until(ctx), s.dir.file("task-logs"))
}

func (s *site) announceForm() announce.Form {
	switch s.topo.Defaults.Announcer {
	case "legacy":
		return announce.Legacy
	case "batch":
		return announce.Batch
	}
	return announce.Both
}

func (s *site) serverView() inventory.Form {
	if s.topo.Defaults.ServerView == "legacy" {
		return inventory.Legacy
	}
	return inventory.Batch
}
