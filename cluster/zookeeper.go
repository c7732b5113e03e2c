package cluster

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/run/disk"
	"oakmoot/internal/run/fault/diskfault"
	"oakmoot/internal/stage/observe"
	"oakmoot/internal/zk/zkconn"
	"oakmoot/internal/zk/zkpath"
	"oakmoot/topology"
	"oakmoot/zkembed"
)

// externalPatience is how long an external ZooKeeper may take to answer at the start.
const externalPatience = 10 * time.Second

// ensemble is the ZooKeeper that the cluster runs on: servers in this process, or an
// external one.
type ensemble struct {
	settings ZooKeeper
	net      network
	log      hclog.Logger
	server   *zkembed.Server // nil with an external ZooKeeper
	disk     *diskfault.Disk // of the server

	// Set by await, apart from an external ZooKeeper's servers and chroot.
	servers []string
	chroot  string // "" is none
	tree    pagedTree
}

// newEnsemble makes the embedded server, or takes the address of the external one;
// nothing runs or is connected yet.
func newEnsemble(ctx context.Context, z ZooKeeper, o options, dir *dataDir, faults *diskfault.Disk, log hclog.Logger) *ensemble {
	e := &ensemble{disk: faults, settings: z, net: o.net, log: log}
	if z.Mode == "external" {
		hosts, chroot, found := strings.Cut(z.Connect, "/")
		if found {
			e.chroot = "/" + chroot
		}
		e.servers = strings.Split(hosts, ",")
		return e
	}
	opts := zkembed.Options{
		Listen: z.Listen, Tick: z.Tick.Duration, Servers: z.Servers, Network: &sameAddresses{network: o.net}, Log: log.Named("zookeeper"),
		MinSessionTimeout: topology.MinSessionTimeout, MaxSessionTimeout: max(20*z.Tick.Duration, z.SessionTimeout.Duration),
	}
	if !o.memory || o.data != "" {
		opts.DataDir = dir.file("zookeeper")
		gate := faults.Gate(ctx)
		opts.Disk = func(op, path string, bytes int) (int, error) { return gate(disk.Op(op), path, bytes) }
	}
	if last := dir.lastAddresses(); z.Servers == 1 && (z.Listen == "" || strings.HasSuffix(z.Listen, ":0")) {
		opts.Listen = freeOr(o.net, last.ZooKeeper, z.Listen)
	}
	e.server = zkembed.New(opts)
	return e
}

// freeOr is the address of the previous run if it is still free, else the other.
func freeOr(n network, wanted, other string) string {
	if wanted == "" {
		return other
	}
	ln, err := n.Listen(wanted)
	if err != nil {
		return other
	}
	_ = ln.Close() // it was only a test of whether the address is free
	return wanted
}

// connectString is where clients find ZooKeeper, as the topology writes it.
func (e *ensemble) connectString() string {
	if e.server != nil {
		return e.server.ConnectString()
	}
	return e.settings.Connect
}

// await returns once ZooKeeper answers and its tree can be read.
func (e *ensemble) await(ctx context.Context) error {
	if e.server != nil {
		select {
		case <-e.server.Ready():
		case <-ctx.Done():
			return ctx.Err()
		}
		e.servers, e.tree = e.server.Addrs(), embeddedTree{e.server}
		return nil
	}
	zc, err := e.openExternal(ctx)
	if err != nil {
		return &unavailable{fmt.Errorf("no ZooKeeper answers: %w", err)}
	}
	e.tree = newExternalTree(zc, e.settings.Connect)
	return nil
}

// openExternal connects to the external ZooKeeper, and makes the chroot there, which
// cannot be done from inside it.
func (e *ensemble) openExternal(ctx context.Context) (zkconn.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, externalPatience)
	defer cancel()
	opts := zkconn.Options{
		Servers: e.servers, SessionTimeout: e.settings.SessionTimeout.Duration, Dial: e.net.DialContext, Log: e.log.Named("observer"),
	}
	if e.chroot == "" {
		return zkconn.Open(ctx, opts)
	}
	outside, err := zkconn.Open(ctx, opts)
	if err != nil {
		return nil, err
	}
	defer outside.Close()
	if _, err := outside.CreateParents(ctx, e.chroot, nil, zkconn.Persistent); err != nil && !errors.Is(err, zkconn.ErrNodeExists) {
		return nil, fmt.Errorf("chroot: %w", err)
	}
	opts.Chroot = e.chroot
	return zkconn.Open(ctx, opts)
}

// feed is what keeps a model up to date with this ZooKeeper, once that answers.
func (e *ensemble) feed() feed {
	if tree, external := e.tree.(*externalTree); external {
		return newExternalFeed(e, tree)
	}
	return newCommitFeed(e.server)
}

// dial connects a client of the caller's to a server.
func (e *ensemble) dial(network, address string, timeout time.Duration) (net.Conn, error) {
	if e.server != nil {
		return e.server.DialZK(network, address, timeout)
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return e.net.DialContext(ctx, network, address)
}

// reach connects a node of ours to an address: to a server in this process in memory,
// which takes a fifth less CPU than its socket, and to anything else by the network.
func (e *ensemble) reach(ctx context.Context, network, address string) (net.Conn, error) {
	if e.server != nil {
		for _, one := range e.server.Endpoints() {
			if one.Addr() == address {
				return one.Dial(ctx)
			}
		}
	}
	return e.net.DialContext(ctx, network, address)
}

// bury ends the sessions that processes at these hosts had when an earlier process of
// ours was killed. They are certainly dead, so nobody has to wait for the sessions to
// time out; sessions of other processes are left alone, as is an external ZooKeeper.
func (e *ensemble) bury(ctx context.Context, paths zkpath.Paths, hosts map[string]bool) error {
	if e.server == nil {
		return nil
	}
	dead := map[int64]bool{}
	err := e.walk(ctx, paths, func(n observe.Znode) error {
		if _, host := observe.Decode(paths.Parse(n.Path), n.Data); n.Owner != 0 && hosts[host] {
			dead[n.Owner] = true
		}
		return nil
	})
	if err != nil {
		return err
	}
	for id := range dead {
		if err := e.server.Expire(ctx, zkembed.SessionID(id)); err != nil && !errors.Is(err, zkembed.ErrNoSession) {
			return fmt.Errorf("session 0x%x of a killed process: %w", id, err)
		}
	}
	return nil
}

// walk walks all of the cluster's layout.
func (e *ensemble) walk(ctx context.Context, paths zkpath.Paths, each func(observe.Znode) error) error {
	for _, root := range paths.Roots() {
		if err := e.tree.walk(ctx, root, each); err != nil {
			return fmt.Errorf("read %s: %w", root, err)
		}
	}
	return nil
}

// close ends what await has opened. The server ends with its own Run.
func (e *ensemble) close() {
	if e.tree != nil {
		e.tree.close()
	}
}

// ZooKeeperMetrics are the metrics of the embedded server, under ZooKeeper's own names; there
// are none with an external one.
func (c *Cluster) ZooKeeperMetrics(ctx context.Context) ([]zkembed.Metric, error) {
	if !closed(c.opened) {
		return nil, errNotOpened
	}
	if c.zookeeper.server == nil {
		return nil, nil
	}
	return c.zookeeper.server.Metrics(ctx)
}
