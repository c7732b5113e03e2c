package cluster

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"oakmoot/internal/stage/kinds"
	"oakmoot/internal/stage/scenario"
	"oakmoot/topology"
)

// Seat says what a real Druid process needs to take a node's place in the running cluster,
// once ZooKeeper answers.
func (c *Cluster) Seat(name string) (Seat, error) {
	ports := map[string]int{}
	for _, n := range c.nodes {
		ports[n.name] = n.self.PlaintextPort
	}
	s := surroundings{topo: c.topo, discovery: c.paths.Discovery, data: c.dir.path, ports: ports}
	s.zookeeper = strings.Join(c.zookeeper.servers, ",") + c.zookeeper.chroot
	return s.seat(name)
}

// SeatIn is Seat for a cluster that is not running yet: its ZooKeeper needs an address
// in the topology, and data is the directory that it will be run with.
func SeatIn(topo Topology, name, data string) (Seat, error) {
	c, err := New(topo)
	if err != nil {
		return Seat{}, err
	}
	s := surroundings{topo: c.topo, discovery: c.paths.Discovery, data: data, zookeeper: c.topo.ZooKeeper.Connect}
	if listen := c.topo.ZooKeeper.Listen; listen != "" {
		if _, port, _ := net.SplitHostPort(listen); port == "0" {
			return Seat{}, errors.New("the topology leaves ZooKeeper's port to the system: give [zookeeper] listen a port, or ask the running cluster")
		}
		s.zookeeper = listen
	}
	if data == "" {
		return Seat{}, errors.New("deep storage lies in the cluster's data directory: give it as --data, or ask the running cluster")
	}
	return s.seat(name)
}

// surroundings are what the properties of a seat depend on.
type surroundings struct {
	topo      Topology
	zookeeper string // druid.zk.service.host
	discovery string
	data      string
	ports     map[string]int // of nodes that are bound, by name
}

// seat finds a node's place and writes the properties for it.
func (s surroundings) seat(name string) (Seat, error) {
	all := s.topo.Places()
	i := slices.IndexFunc(all, func(p topology.Place) bool { return p.Name == name })
	if i < 0 {
		return Seat{}, fmt.Errorf("%w: %s", ErrBadExpression, noSuchNode(name, all))
	}
	p := all[i]
	if p.Port == 0 {
		p.Port = s.ports[name]
	}
	anyPort := p.Port == 0
	if anyPort {
		p.Port = kinds.Of(p.Role.Kind).Port + nthOfKind(all[:i], p.Role.Kind)
	}
	host := cmp.Or(p.Role.Host, "127.0.0.1")
	w := &writer{s: s, place: p, host: host}
	w.common()
	w.metadata()
	players[p.Role.Kind].lines(w)
	w.newer()
	w.override()
	if !p.Role.External {
		w.warn("oakmoot runs %s itself: set external = true in its [[role]] to leave the place to another process", name)
	}
	return Seat{
		Name: name, Kind: p.Role.Kind, Version: s.topo.DruidVersion, Server: kinds.Of(p.Role.Kind).Command,
		Host: net.JoinHostPort(host, strconv.Itoa(p.Port)), AnyPort: anyPort, Properties: w.lines, Warnings: w.warnings,
	}, nil
}

func noSuchNode(name string, all []topology.Place) string {
	var names []string
	for _, p := range all {
		names = append(names, p.Name)
	}
	if near := scenario.Nearest(name, names); near != "" {
		return fmt.Sprintf("there is no node %q; did you mean %q?", name, near)
	}
	return fmt.Sprintf("there is no node %q; there are %s", name, strings.Join(names, ", "))
}

// nthOfKind counts the nodes of a kind that come first.
func nthOfKind(before []topology.Place, kind string) int {
	n := 0
	for _, p := range before {
		if p.Role.Kind == kind {
			n++
		}
	}
	return n
}

// jdbc is a PostgreSQL URL as JDBC's driver takes it, with the user and password
// apart.
func jdbc(connect string) (uri, user, password string) {
	u, err := url.Parse(connect)
	if err != nil {
		return connect, "", "" // the topology's check has refused it
	}
	user = u.User.Username()
	password, _ = u.User.Password()
	u.Scheme, u.User = "postgresql", nil
	return "jdbc:" + u.String(), user, password
}
