package cluster

import (
	"context"
	"fmt"
	"net"
	"strconv"

	"oakmoot/internal/stage/kinds"
	"oakmoot/internal/stage/observe"
	"oakmoot/internal/stage/scenario"
)

// Addresses is the address file.
type Addresses struct {
	Control   string        `json:"control"`
	ZooKeeper string        `json:"zookeeper"`
	Base      string        `json:"base"`
	Data      string        `json:"data"`
	Nodes     []NodeAddress `json:"nodes"`
}

// NodeAddress is a node in the address file.
type NodeAddress struct {
	Name string `json:"name"`
	Kind string `json:"kind"`
	Host string `json:"host"`
}

// port is the port of the node of a name, or 0.
func (a Addresses) port(name string) int {
	for _, n := range a.Nodes {
		if n.Name != name {
			continue
		}
		if _, port, err := net.SplitHostPort(n.Host); err == nil {
			p, _ := strconv.Atoi(port) // not a number: treated as none
			return p
		}
	}
	return 0
}

// publish writes the address file, if one is asked for, and keeps the addresses for the
// next run in the same data directory.
func (a Addresses) publish(dir *dataDir, file string) error {
	if err := dir.keepAddresses(a); err != nil {
		return &unavailable{fmt.Errorf("data directory: %w", err)}
	}
	if file == "" {
		return nil
	}
	if err := writeJSONFile(file, a); err != nil {
		return &unavailable{fmt.Errorf("address file: %w", err)}
	}
	return nil
}

// Addresses are where the cluster answers, once ZooKeeper does. An external seat has none
// until somebody has taken it.
func (c *Cluster) Addresses() Addresses {
	a := Addresses{Base: c.paths.Base, Data: c.dir.path, ZooKeeper: c.zookeeper.connectString(), Nodes: c.roster.all().addresses()}
	if hosts := c.control.hosts(); hosts != nil {
		a.Control = hosts[0]
	}
	return a
}

// ControlHosts are the host:port under which the control address is reached, that on
// loopback first if it is one; nil without a control address.
func (c *Cluster) ControlHosts() []string { return c.control.hosts() }

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
	for _, n := range c.roster.all() {
		if n.kind == kind && n.serves() {
			return n.host(), nil
		}
	}
	return "", nil
}
