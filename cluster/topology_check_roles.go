package cluster

import (
	"net"
	"slices"
	"strconv"
	"strings"

	"oakmoot/internal/stage/scenario"
)

func (c *checker) roles() {
	if len(c.topo.Roles) == 0 {
		c.add(at("role"), "a topology needs at least one [[role]]")
	}
	for i, r := range c.topo.Roles {
		c.role(i, r)
	}
	c.nodeNames()
	c.ports()
}

func (c *checker) role(i int, r Role) {
	path := func(key string) []any { return at("role", i, key) }
	if c.oneOf(path("kind"), r.Kind, c.universe.Kinds...) && kinds[r.Kind].run == nil && !r.External {
		c.add(path("kind"), "a %s is always a process of its own: external = true", r.Kind)
	}
	if len(r.Name) > 0 {
		c.meaningless(path("count"), r.Count != 0, "the nodes have names, so their number is known")
	} else {
		c.within(path("count"), c.number(path("count"), c.written.Roles[i].Count, r.Count), 1, maxNodes)
	}
	c.within(path("port"), r.Port, 0, 65535)
	c.unless(servesSegments(r.Kind), path("tier"), r.Tier != "", "only historicals and realtime nodes have a tier")
	c.unless(servesSegments(r.Kind), path("priority"), r.Priority != 0, "only historicals and realtime nodes have a priority")
	c.unless(r.Kind == "historical", path("max_size"), r.MaxSize.Set, "only historicals have a size")
	c.unless(r.Kind == "middlemanager", path("capacity"), r.Capacity != 0, "only middlemanagers have a capacity")
	if r.Kind == "middlemanager" {
		c.within(path("capacity"), c.number(path("capacity"), c.written.Roles[i].Capacity, r.Capacity), 1, maxNodes)
	}
	c.unless(r.External && r.Port != 0, path("host"), r.Host != "", "it needs external = true and a port")
	c.properties(path("properties"), r.Properties)
}

// nodeNames demands that every name is one, and means one node.
func (c *checker) nodeNames() {
	taken := map[string]bool{}
	nth := 0 // of its role's names
	for i, p := range c.places {
		if nth++; i == 0 || c.places[i-1].of != p.of {
			nth = 0
		}
		path := at("role", p.of, "name", nth)
		if len(p.role.Name) == 0 {
			path = at("role", p.of, "kind")
		}
		switch {
		case p.name == scenario.ZooKeeperName || slices.Contains(c.universe.Kinds, p.name):
			c.add(path, "%q already means something in selectors", p.name)
		case scenario.Reserved(p.name):
			c.add(path, "%q already means something in actions", p.name)
		case !isName(p.name) && len(p.role.Name) > 0:
			c.add(path, "%q is not a name: letters, digits, - and _ are", p.name)
		case taken[p.name]:
			c.add(path, "there is another node of the name %q", p.name)
		}
		taken[p.name] = true
	}
}

func isName(name string) bool {
	return name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == ""
}

// ports demands that no two nodes, nor a node and ZooKeeper, want the same port.
func (c *checker) ports() {
	taken := map[int]string{}
	if _, port, err := net.SplitHostPort(c.topo.ZooKeeper.Listen); err == nil {
		if n, err := strconv.Atoi(port); err == nil && n > 0 {
			taken[n] = "zookeeper"
		}
	}
	for _, p := range c.places {
		path := at("role", p.of, "port")
		switch {
		case p.port == 0:
		case p.port > 65535:
			c.add(path, "the ports count up to %d, and 65535 is the last", p.port)
		case taken[p.port] != "":
			c.add(path, "port %d is taken by %s", p.port, taken[p.port])
		default:
			taken[p.port] = p.name
		}
	}
}
