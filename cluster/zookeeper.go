package cluster

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"oakmoot/internal/run/disk"
	"oakmoot/internal/stage/observe"
	"oakmoot/internal/zk/zkconn"
	"oakmoot/topology"
	"oakmoot/zkembed"
)

// externalPatience is how long an external ZooKeeper may take to answer at the start.
const externalPatience = 10 * time.Second

// prepareZooKeeper makes the embedded server, or takes the external one's address.
func (c *Cluster) prepareZooKeeper(ctx context.Context) {
	z := c.topo.ZooKeeper
	if z.Mode == "external" {
		hosts, chroot, found := strings.Cut(z.Connect, "/")
		if found {
			c.zkChroot = "/" + chroot
		}
		c.zkServers = strings.Split(hosts, ",")
		return
	}
	opts := zkembed.Options{
		Listen: z.Listen, Tick: z.Tick.Duration, Servers: z.Servers, Network: c.opts.net, Log: c.log.Named("zookeeper"),
		MinSessionTimeout: topology.MinSessionTimeout, MaxSessionTimeout: max(20*z.Tick.Duration, z.SessionTimeout.Duration),
	}
	if !c.opts.memory || c.opts.data != "" {
		opts.DataDir = c.dir.file("zookeeper")
		gate := c.zkDisk.Gate(ctx)
		opts.Disk = func(op, path string, bytes int) (int, error) { return gate(disk.Op(op), path, bytes) }
	}
	if last := c.dir.lastAddresses(); z.Servers == 1 && (z.Listen == "" || strings.HasSuffix(z.Listen, ":0")) {
		opts.Listen = freeOr(c.opts.net, last.ZooKeeper, z.Listen)
	}
	c.zk = zkembed.New(opts)
}

// freeOr is the address of the previous run when it is still free, else the other.
func freeOr(n network, wanted, other string) string {
	if wanted == "" {
		return other
	}
	ln, err := n.Listen(wanted)
	if err != nil {
		return other
	}
	_ = ln.Close() // only asked whether it could be had
	return wanted
}

// awaitZooKeeper returns once ZooKeeper answers and the tree can be read.
func (c *Cluster) awaitZooKeeper(ctx context.Context) error {
	if c.zk != nil {
		select {
		case <-c.zk.Ready():
		case <-ctx.Done():
			return nil
		}
		c.zkServers = c.zk.Addrs()
		c.tree, c.observer.feed = embeddedTree{c.zk}, newCommitFeed(c.zk)
		return c.buryPredecessors(ctx)
	}
	zc, err := c.openExternal(ctx)
	if err != nil {
		return &unavailable{fmt.Errorf("no ZooKeeper answers: %w", err)}
	}
	tree := newExternalTree(zc, c.topo.ZooKeeper.Connect)
	c.tree, c.observer.feed = tree, c.newExternalFeed(tree)
	return nil
}

// openExternal connects to the external ZooKeeper, and makes the chroot there, which
// nobody can do from inside of it.
func (c *Cluster) openExternal(ctx context.Context) (zkconn.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, externalPatience)
	defer cancel()
	opts := zkconn.Options{
		Servers: c.zkServers, SessionTimeout: c.topo.ZooKeeper.SessionTimeout.Duration,
		Dial: c.opts.net.DialContext, Log: c.log.Named("observer"),
	}
	if c.zkChroot == "" {
		return zkconn.Open(ctx, opts)
	}
	outside, err := zkconn.Open(ctx, opts)
	if err != nil {
		return nil, err
	}
	defer outside.Close()
	if _, err := outside.CreateParents(ctx, c.zkChroot, nil, zkconn.Persistent); err != nil && !errors.Is(err, zkconn.ErrNodeExists) {
		return nil, fmt.Errorf("chroot: %w", err)
	}
	opts.Chroot = c.zkChroot
	return zkconn.Open(ctx, opts)
}

// buryPredecessors ends the sessions that this cluster's own nodes had when an
// earlier process was killed. That process is dead for certain, so nobody has to
// wait for the sessions to time out; sessions of other processes are left alone.
func (c *Cluster) buryPredecessors(ctx context.Context) error {
	own := map[string]bool{}
	for _, n := range c.nodes {
		if !n.role.External {
			own[n.host()] = true
		}
	}
	dead := map[int64]bool{}
	err := c.walkAll(ctx, func(n observe.Znode) error {
		if _, host := observe.Decode(c.paths.Parse(n.Path), n.Data); n.Owner != 0 && own[host] {
			dead[n.Owner] = true
		}
		return nil
	})
	if err != nil {
		return err
	}
	for id := range dead {
		if err := c.zk.Expire(ctx, zkembed.SessionID(id)); err != nil && !errors.Is(err, zkembed.ErrNoSession) {
			return fmt.Errorf("session 0x%x of a killed process: %w", id, err)
		}
	}
	return nil
}
