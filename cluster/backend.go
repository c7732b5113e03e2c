package cluster

import (
	"context"
	"fmt"
	"net"

	"oakmoot/internal/stage/kinds"
	"oakmoot/internal/stage/observe"
	"oakmoot/internal/stage/scenario"
)

// Addresses are where the cluster answers; they may be asked for once ZooKeeper
// answers. An external seat has none before somebody has taken it.
func (c *Cluster) Addresses() Addresses {
	a := Addresses{Base: c.paths.Base, Data: c.dir.path, ZooKeeper: c.topo.ZooKeeper.Connect}
	if c.zk != nil {
		a.ZooKeeper = c.zk.ConnectString()
	}
	if c.control != nil {
		a.Control = c.ControlHosts()[0]
	}
	for _, n := range c.nodes {
		a.Nodes = append(a.Nodes, NodeAddress{Name: n.name, Kind: n.kind, Host: n.host()})
	}
	return a
}

// ControlHosts are the host:port under which the control address is reached, that on
// loopback first if it is one; nil without a control address.
func (c *Cluster) ControlHosts() []string {
	if c.control == nil {
		return nil
	}
	host, port, err := net.SplitHostPort(c.control.Addr().String())
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsUnspecified() {
		return []string{c.control.Addr().String()}
	}
	hosts := []string{net.JoinHostPort("127.0.0.1", port)}
	interfaces, _ := net.InterfaceAddrs() // without them, loopback is what is left
	for _, address := range interfaces {
		if own, ok := address.(*net.IPNet); ok && !own.IP.IsLoopback() && !own.IP.IsLinkLocalUnicast() {
			hosts = append(hosts, net.JoinHostPort(own.IP.String(), port))
		}
	}
	return hosts
}

// publishAddresses writes the address file, and keeps the addresses for the next
// run in the same data directory.
func (c *Cluster) publishAddresses() error {
	a := c.Addresses()
	if err := c.dir.keepAddresses(a); err != nil {
		return &unavailable{fmt.Errorf("data directory: %w", err)}
	}
	if c.opts.addressFile == "" {
		return nil
	}
	if err := writeJSONFile(c.opts.addressFile, a); err != nil {
		return &unavailable{fmt.Errorf("address file: %w", err)}
	}
	return nil
}

// serveControl serves the control address until ctx ends.
func (c *Cluster) serveControl(ctx context.Context) error {
	return c.opts.door(ctx, c, c.control, c.log.Named("control"))
}

// Leader is the host:port of the node of the kind that leads, or of any node of a
// kind that does not elect; "" when there is none.
func (c *Cluster) Leader(ctx context.Context, kind string) (host string, err error) {
	if kinds.Of(kind).Elects {
		err = c.observer.look(ctx, asked{Source: scenario.FromZooKeeper}, func(m *observe.Moment) {
			if hosts := m.Leaders(kind); len(hosts) > 0 {
				host = hosts[0]
			}
		})
		return host, err
	}
	for _, n := range c.nodes {
		if n.kind == kind && n.serves() {
			return n.host(), nil
		}
	}
	return "", nil
}
