// Package cluster runs a whole Druid control plane in this process: it builds
// nodes from a topology, runs each under a supervisor, carries out kills,
// restarts and faults, and shows what the cluster looks like.
//
// A Cluster owns every goroutine, file and port that it needs; all are gone when
// Run returns. Nothing is global: any number of clusters run side by side.
package cluster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/oklog/run"

	"oakmoot/internal/run/fault"
	"oakmoot/internal/run/metadata"
	"oakmoot/internal/stage/kinds"
	"oakmoot/internal/stage/playbook"
	"oakmoot/internal/zk/zkpath"
	"oakmoot/topology"
	"oakmoot/zkembed"
)

// Cluster is a control plane that runs, or is about to.
type Cluster struct {
	topo     Topology
	opts     options
	seed     int64
	log      hclog.Logger
	paths    zkpath.Paths
	ready    chan struct{}
	opened   chan struct{}
	temp     temporary
	requests *requests     // of the cluster to its nodes
	loaded   chan struct{} // closed once it is known what became of the datasources' rows
	settled  chan struct{} // closed once every "eventually" has its verdict

	// Everything below is made by Run for its one run, before c.opened is closed.
	dir       *dataDir
	zk        *zkembed.Server // nil with an external ZooKeeper
	zkServers []string
	zkChroot  string
	store     *metadata.Store
	nodes     []*node
	control   net.Listener // nil without a control address
	tree      treeSource
	observer  *observer
	told      *told
	kept      *kept                      // nil unless the steps are kept
	final     atomic.Pointer[[]Failover] // at the end of the run
	times     times
	changes   *signal // raised after each change that somebody may wait for
	armed     *armory
	director  *director
	playbook  *playbook.Playbook
	intakes   *intakes
	judge     *judge
}

// New checks the topology and prepares a cluster; it starts nothing. The error of
// a wrong topology is a *TopologyError.
func New(topo Topology, opts ...Option) (*Cluster, error) {
	topo = topo.WithDefaults()
	if err := topo.Check(); err != nil {
		return nil, err
	}
	c := &Cluster{topo: topo, ready: make(chan struct{}), opened: make(chan struct{}), settled: make(chan struct{}), loaded: make(chan struct{}), changes: newSignal()}
	for _, o := range opts {
		o(&c.opts)
	}
	if c.opts.net == nil {
		c.opts.net = &tcp{}
	}
	if c.log = c.opts.log; c.log == nil {
		c.log = hclog.NewNullLogger()
	}
	client := &http.Client{Transport: &http.Transport{DialContext: c.opts.net.DialContext}}
	c.requests = &requests{http: client, leader: c.Leader, log: c.log}
	c.seed = rand.Int64()
	if topo.Seed != nil {
		c.seed = *topo.Seed
	}
	var err error
	if c.paths, err = zkpath.New(pathProperties(topo)); err != nil {
		return nil, err
	}
	c.told = newTold()
	if c.opts.keep {
		c.kept = &kept{}
	}
	c.observer = c.newObserver()
	return c, nil
}

// pathProperties are the properties that the layout depends on.
func pathProperties(topo Topology) map[string]string {
	props := map[string]string{"druid.zk.paths.base": topo.ZooKeeper.Base}
	for key, value := range topo.Defaults.Properties {
		if strings.HasPrefix(key, "druid.zk.paths.") || strings.HasPrefix(key, "druid.discovery.") {
			props[key] = value
		}
	}
	return props
}

// Ready is closed once every node has announced itself and every role that
// elects has a leader.
func (c *Cluster) Ready() <-chan struct{} { return c.ready }

// Opened is closed once ZooKeeper answers and the nodes start: from then on processes
// from outside can join, while the cluster may still wait to be ready.
func (c *Cluster) Opened() <-chan struct{} { return c.opened }

// Settled is closed once every expectation "eventually" of the topology has come true, or
// never will in its time: Run says which. It stays open when the run ends before the
// cluster is ready. A test that relies on the topology's expectations waits for it
// before it ends.
func (c *Cluster) Settled() <-chan struct{} { return c.settled }

// Seed is what the cluster's random choices come from; it is drawn when the
// topology names none.
func (c *Cluster) Seed() int64 { return c.seed }

// Run runs the cluster until ctx ends, the topology's run_for is over, or a node
// ends by itself, which is an error. Nodes say goodbye to ZooKeeper before it
// stops. The error's chain holds ErrUnavailable when a port, a directory or the
// ZooKeeper could not be had, and ErrBroken when an expectation was broken, a step did
// not take place or a datasource came out without a row. When ctx ends before the
// cluster is ready, nothing is judged, and nothing has gone wrong. A Cluster runs once.
func (c *Cluster) Run(ctx context.Context) error {
	c.times.began = time.Now()
	err := c.run(ctx)
	c.times.ended = time.Now()
	if ctx.Err() != nil && !closed(c.ready) && errors.Is(err, ctx.Err()) {
		return nil
	}
	return err
}

func (c *Cluster) run(ctx context.Context) error {
	if err := c.open(ctx); err != nil {
		return err
	}
	defer c.close()
	if limit := c.topo.RunFor.Duration; limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithCancel(ctx)
		defer cancel()
		defer c.endAfter(ctx, cancel, limit)()
	}
	if c.topo.End == "settled" {
		var cancel context.CancelFunc
		ctx, cancel = context.WithCancel(ctx)
		defer cancel()
		defer c.endSettled(ctx, cancel)()
	}
	if err := c.supervise(ctx); err != nil || !closed(c.ready) {
		return err
	}
	return errors.Join(stepsVerdict(c.playbook), c.judge.verdict(), c.intakes.verdict())
}

// supervise runs ZooKeeper and the nodes in two stages, so that ZooKeeper
// outlives the nodes' goodbyes: the last node out stops it.
func (c *Cluster) supervise(ctx context.Context) error {
	nodesCtx, leave := context.WithCancel(ctx)
	defer leave()
	zkCtx, stopZK := context.WithCancel(context.WithoutCancel(ctx))
	defer stopZK()
	var g run.Group
	if c.zk != nil {
		g.Add(func() error { return asUnavailable(c.zk.Run(zkCtx)) }, func(error) { leave() })
	}
	g.Add(func() error {
		defer stopZK()
		return c.runNodes(nodesCtx)
	}, func(error) { leave() })
	return g.Run()
}

// runNodes runs the nodes and those who watch them, from the moment ZooKeeper
// answers until ctx ends.
func (c *Cluster) runNodes(ctx context.Context) error {
	if err := c.awaitZooKeeper(ctx); err != nil {
		return err
	}
	close(c.opened)
	ctx, leave := context.WithCancel(ctx)
	defer leave()
	var g run.Group
	actor := func(f func(context.Context) error) {
		g.Add(func() error { return f(ctx) }, func(error) { leave() })
	}
	for _, n := range c.nodes {
		if !n.role.External {
			actor(n.run)
		}
	}
	actor(c.calmAtTheEnd)
	actor(c.watchSeats)
	actor(c.watchChanges)
	actor(c.conduct)
	actor(func(ctx context.Context) error { return c.judge.watch(ctx, c) })
	if c.control != nil {
		actor(c.serveControl)
	}
	return g.Run()
}

// calmAtTheEnd ends what holds up the nodes' traffic once the run is over, so that
// they can say goodbye.
func (c *Cluster) calmAtTheEnd(ctx context.Context) error {
	<-ctx.Done()
	c.freeze()
	for _, n := range c.nodes {
		n.link.Calm()
	}
	return nil
}

// open makes what the run needs: directory, store, addresses.
func (c *Cluster) open(ctx context.Context) (err error) {
	if err = c.checkBubble(); err != nil {
		return err
	}
	if c.dir, err = openDataDir(c.opts.data, &c.temp); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			c.close()
		}
	}()
	for _, warning := range c.topo.Warnings() {
		c.log.Warn(warning)
	}
	c.prepareZooKeeper()
	if c.store, err = c.dir.openStore(ctx, c.topo.Metadata, c.log); err != nil {
		return &unavailable{err}
	}
	if err := c.dir.settleIn(ctx, c.store, c.topo.Metadata.Kind == "postgresql", c.log); err != nil {
		return &unavailable{err}
	}
	if err := c.bindNodes(); err != nil {
		return err
	}
	if c.opts.control != "" {
		if c.control, err = c.opts.net.Listen(c.opts.control); err != nil {
			return &unavailable{fmt.Errorf("control address: %w", err)}
		}
	}
	c.armed = newArmory(c.seed, c.observer)
	c.director = &director{
		pick: c.pick, pickNow: c.pickNow, session: c.topo.ZooKeeper.SessionTimeout.Duration, zk: c.zk, armed: c.armed, changes: c.changes, log: c.log,
		damage: &damage{told: c.told},
	}
	if c.playbook, err = c.newPlaybook(); err != nil {
		return err
	}
	c.intakes = newIntakes(c.topo)
	c.judge, err = newJudge(c.topo.Expects)
	return err
}

// close gives back what open made, also after it made only a part.
func (c *Cluster) close() {
	for _, n := range c.nodes {
		n.unbind()
		n.link.Cut() // ends what a fault still holds up
	}
	if c.armed != nil {
		c.armed.disarm()
	}
	c.requests.http.CloseIdleConnections()
	if c.tree != nil {
		c.observer.feed.close()
		c.tree.close()
	}
	if c.control != nil {
		_ = c.control.Close() // closed by its server already, unless that never ran
	}
	if c.store != nil {
		if err := c.store.Close(); err != nil {
			c.log.Warn("metadata store not closed cleanly", "error", err)
		}
	}
	c.dir.close()
}

// bindNodes makes the nodes and takes their addresses: those of the topology,
// else those of the previous run in the same directory, else what the system gives.
func (c *Cluster) bindNodes() error {
	last := c.dir.lastAddresses()
	rng := rand.New(rand.NewPCG(uint64(c.seed), 0))
	for _, place := range c.topo.Places() {
		n := c.newNode(place, rng)
		c.nodes = append(c.nodes, n)
		if place.Role.External {
			continue
		}
		if place.Port == 0 {
			if n.bind(last.port(n.name)) == nil {
				continue
			}
		}
		if err := n.bind(place.Port); err != nil {
			return err
		}
	}
	return nil
}

func (c *Cluster) newNode(p topology.Place, rng *rand.Rand) *node {
	n := &node{
		name: p.Name, kind: p.Role.Kind, role: p.Role, port: p.Port, net: c.opts.net,
		dir:       c.dir.file("nodes", p.Name),
		log:       c.log.Named(p.Name),
		link:      fault.NewLink(c.opts.net.DialContext, rand.New(rand.NewPCG(rng.Uint64(), rng.Uint64()))),
		commands:  make(chan command),
		ready:     make(chan struct{}),
		incarnate: func(n *node) incarnation { return players[n.kind].run(c, n) },
	}
	n.self.Service, n.self.Host = cmp.Or(p.Role.Properties["druid.service"], kinds.Of(p.Role.Kind).Service), "127.0.0.1"
	n.self.BindOnHost, n.self.TLSPort, n.self.EnablePlaintextPort = true, -1, true
	n.speak = func() { c.observer.heard(n.word()) }
	n.state.Store(stateStarting)
	if p.Role.External {
		n.seat.Store(&occupant{host: p.ExternalHost()})
	}
	n.speak() // the model has the nodes in the order of the topology
	return n
}

// asUnavailable marks the errors of a listener that was not to be had.
func asUnavailable(err error) error {
	if errors.Is(err, syscall.EADDRINUSE) || errors.Is(err, syscall.EACCES) || errors.Is(err, syscall.EADDRNOTAVAIL) {
		return &unavailable{err}
	}
	return err
}
