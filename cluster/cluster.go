package cluster

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strings"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/oklog/run"

	"oakmoot/internal/stage/observe"
	"oakmoot/internal/zk/zkpath"
)

// Cluster is a control plane that is running or is about to. It is wide because it is the
// whole Go API: everything one can ask of a running cluster, or do to it, is a method here,
// and each asks the type that owns the answer.
type Cluster struct {
	topo     Topology
	planned  planned
	opts     options
	seed     int64
	log      hclog.Logger
	paths    zkpath.Paths
	temp     temporary
	requests *requests // from the cluster to its nodes
	observer *observer
	progress
	annals *annals

	// Both are filled by Run for its one run, before opened is closed.
	setup
	course
}

// New checks the topology and prepares a cluster; it starts nothing. The error of
// a wrong topology is a *TopologyError.
func New(topo Topology, opts ...Option) (*Cluster, error) {
	topo = topo.WithDefaults()
	if err := topo.Check(); err != nil {
		return nil, err
	}
	c := &Cluster{topo: topo, planned: newPlanned(topo), progress: newProgress()}
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
	c.annals = newAnnals(c.opts.keep)
	c.observer = &observer{
		paths: c.paths, seed: c.seed, changed: newSignal(), model: observe.New(c.paths), told: c.annals.told,
		words: func() []observe.Node { return c.roster.all().words() },
		count: func(ctx context.Context) (observe.Store, error) {
			counts, err := c.store.Counts(ctx)
			return observe.Store(counts), err
		},
		ask: c.askBroker, session: topo.ZooKeeper.SessionTimeout.Duration, invariants: newInvariants(topo),
	}
	c.observer.model.Listen(c.observer.invariants)
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
// stops. The error's chain holds ErrUnavailable when a port, a directory or
// ZooKeeper was not available, and ErrBroken when an expectation or an invariant was broken, a step did
// not take place or a datasource came out without a row. When ctx ends before the
// cluster is ready, nothing is judged, and nothing has gone wrong. A Cluster runs once.
func (c *Cluster) Run(ctx context.Context) error {
	c.annals.began = time.Now()
	err := c.run(ctx)
	c.annals.ended = time.Now()
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
	if limit := c.topo.RunFor.In(c.topo.ZooKeeper.SessionTimeout.Duration); limit > 0 {
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
	return c.course.verdict()
}

// supervise runs ZooKeeper and the nodes in two stages, so that ZooKeeper
// outlives the nodes' goodbyes: the last node out stops it.
func (c *Cluster) supervise(ctx context.Context) error {
	nodesCtx, leave := context.WithCancel(ctx)
	defer leave()
	zkCtx, stopZK := context.WithCancel(context.WithoutCancel(ctx))
	defer stopZK()
	var g run.Group
	if c.zookeeper.server != nil {
		g.Add(func() error { return c.zookeeper.run(zkCtx) }, func(error) { leave() })
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
	if err := c.zookeeper.await(ctx); err != nil {
		return err
	}
	c.observer.feed = c.zookeeper.feed()
	if err := c.zookeeper.bury(ctx, c.paths, c.nodes.own().hosts()); err != nil {
		return err
	}
	close(c.opened)
	ctx, leave := context.WithCancel(ctx)
	defer leave()
	c.chronicle.begin(ctx, c.playbook, c.judge)
	var g run.Group
	actor := func(f func(context.Context) error) {
		g.Add(func() error { return f(ctx) }, func(error) { leave() })
	}
	for _, n := range c.nodes.own() {
		actor(n.run)
	}
	actor(func(ctx context.Context) error {
		<-ctx.Done()
		c.annals.freeze(c.failovers())
		return nil
	})
	actor(c.roster.run)
	actor(c.roster.calmAtTheEnd)
	actor(c.zookeeper.calmAtTheEnd)
	seats := &seatWatch{
		seats: c.nodes.seats(), own: func() map[string]bool { return c.roster.all().own().hosts() }, observer: c.observer, druid: c.topo.DruidVersion, ready: c.ready,
		strays: &strays{tree: c.zookeeper.tree, paths: c.paths}, versions: newVersions(c.requests.versionOf, c.log),
	}
	actor(seats.run)
	actor((&recorder{observer: c.observer, trace: newTrace(c.zookeeper, c.observer), path: c.opts.record, header: c.header, kept: c.annals.kept, past: c.annals.told.past, log: c.log}).run)
	actor(c.conduct)
	actor(func(ctx context.Context) error { return c.judge.watch(ctx, c) })
	actor(func(ctx context.Context) error { return c.guard.watch(ctx, c.ready) })
	actor(func(ctx context.Context) error { return c.control.serve(ctx, c, c.log.Named("control")) })
	return g.Run()
}

// open makes what the run needs.
func (c *Cluster) open(ctx context.Context) (err error) {
	if err = c.opts.checkBubble(); err != nil {
		return err
	}
	if err = c.affordable(); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			c.close()
		}
	}()
	if err = c.setup.openStore(ctx, c.topo, c.opts, &c.temp, c.seed, c.log); err != nil {
		return err
	}
	c.intakes = newIntakes(c.topo)
	site := &site{
		topo: c.topo, opts: c.opts, seed: c.seed, paths: c.paths, log: c.log, dir: c.dir, store: c.store, zookeeper: c.zookeeper,
		intakes: c.intakes, heard: c.observer.heard,
	}
	if err = c.setup.openAddresses(site); err != nil {
		return err
	}
	if err = c.keepPast(); err != nil {
		return err
	}
	c.chronicle = &chronicle{told: c.annals.told, log: c.log, damage: &damage{told: c.annals.told}}
	c.annals.told.notes = c.zookeeper.server != nil && (c.opts.record != "" || c.annals.told.past != nil)
	c.director = &director{
		pick: c.pick, pickNow: c.pickNow, session: c.topo.ZooKeeper.SessionTimeout.Duration, zk: c.zookeeper,
		armed: newArmory(c.seed, c.observer), changes: c.observer.changed, log: c.log,
		damage: c.chronicle.damage, dir: c.dir.path, storage: func(n *node) string { return site.properties(n)["druid.storage.storageDirectory"] }, play: c.newOperator(),
	}
	if c.playbook, err = c.newPlaybook(); err != nil {
		return err
	}
	c.guard = c.newGuard(site)
	c.judge, err = newJudge(c.topo.Expects, c.topo.ZooKeeper.SessionTimeout.Duration, c.Query, c.chronicle.expectation)
	return err
}

// close closes what open opened, even if that was only a part.
func (c *Cluster) close() {
	c.roster.all().close()
	c.course.close()
	c.requests.http.CloseIdleConnections()
	c.observer.close()
	c.setup.close(c.log)
}

// asUnavailable marks the errors of an address that could not be bound.
func asUnavailable(err error) error {
	if errors.Is(err, syscall.EADDRINUSE) || errors.Is(err, syscall.EACCES) || errors.Is(err, syscall.EADDRNOTAVAIL) {
		return &unavailable{err}
	}
	return err
}
