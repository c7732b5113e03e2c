package topology

import (
	"net"
	"slices"
	"strconv"
	"strings"

	"oakmoot/internal/run/museum"
	"oakmoot/internal/stage/kinds"
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
	kind := kinds.Of(r.Kind)
	if c.oneOf(path("kind"), r.Kind, c.universe.Kinds...) && kind.Outside && !r.External {
		c.add(path("kind"), "a %s is always a process of its own: external = true", r.Kind)
	}
	if len(r.Name) > 0 {
		c.meaningless(path("count"), r.Count != 0, "the nodes have names, so their number is known")
	} else {
		c.within(path("count"), c.number(path("count"), c.written.Roles[i].Count, r.Count), 1, maxNodes)
	}
	c.within(path("port"), r.Port, 0, 65535)
	for _, special := range []struct {
		key  string
		set  bool
		what string
	}{
		{kinds.KeyTier, r.Tier != "", "a tier"},
		{kinds.KeyPriority, r.Priority != 0, "a priority"},
		{kinds.KeyMaxSize, r.MaxSize.Set, "a size"},
		{kinds.KeyCapacity, r.Capacity != 0, "a capacity"},
	} {
		having := kinds.Plurals(func(k kinds.Kind) bool { return k.Has(special.key) })
		c.unless(kind.Has(special.key), path(special.key), special.set, "only "+having+" have "+special.what)
	}
	if kind.Has(kinds.KeyCapacity) {
		c.within(path("capacity"), c.number(path("capacity"), c.written.Roles[i].Capacity, r.Capacity), 1, maxCapacity)
	}
	c.unless(r.External && r.Port != 0, path("host"), r.Host != "", "it needs external = true and a port")
	c.pidFile(path("pid_file"), r)
	c.museum(i, r)
	c.properties(path("properties"), r.Properties)
	if !r.External {
		c.spelling(path("properties"), r.Properties)
	}
}

// pidFile demands a file for each of the role's nodes, which are processes of their own.
func (c *checker) pidFile(path []any, r Role) {
	c.unless(r.External, path, r.PIDFile != "", "it names a process of its own: external = true")
	if r.PIDFile != "" && max(len(r.Name), r.Count) > 1 && !strings.Contains(r.PIDFile, nameInFile) {
		c.add(path, "it names one process, and these are %d: %s in it stands for the name of each", max(len(r.Name), r.Count), nameInFile)
	}
}

// museum demands switches that nodes of the kind have.
func (c *checker) museum(i int, r Role) {
	c.unless(!r.External, at("role", i, "museum"), len(r.Museum) > 0, "a process of its own brings its own bugs")
	for n, name := range r.Museum {
		path := at("role", i, "museum", n)
		having := museum.NamesFor(r.Kind)
		if e, known := museum.Find(name); known && !slices.Contains(having, name) {
			c.add(path, "nodes of the kind %s do not have %q; it is a bug of the kind %s", r.Kind, name, strings.Join(e.Kinds, " or "))
			continue
		}
		if len(having) == 0 {
			c.add(path, "the museum has no bug of the kind %s", r.Kind)
			continue
		}
		c.oneOf(path, name, having...)
	}
}

// nodeNames demands that every name is one, and means one node.
func (c *checker) nodeNames() {
	taken := map[string]bool{}
	nth := 0 // of its role's names
	for i, p := range c.places {
		if nth++; i == 0 || c.places[i-1].Table != p.Table {
			nth = 0
		}
		path := at("role", p.Table, "name", nth)
		if len(p.Role.Name) == 0 {
			path = at("role", p.Table, "kind")
		}
		switch {
		case p.Name == scenario.ZooKeeperName || slices.Contains(c.universe.Kinds, p.Name):
			c.add(path, "%q already means something in selectors", p.Name)
		case scenario.Reserved(p.Name):
			c.add(path, "%q already means something in actions", p.Name)
		case !isName(p.Name) && len(p.Role.Name) > 0:
			c.add(path, "%q is not a name: letters, digits, - and _ are", p.Name)
		case taken[p.Name]:
			c.add(path, "there is another node of the name %q", p.Name)
		}
		taken[p.Name] = true
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
		path := at("role", p.Table, "port")
		switch {
		case p.Port == 0:
		case p.Port > 65535:
			c.add(path, "the ports count up to %d, and 65535 is the last", p.Port)
		case taken[p.Port] != "":
			c.add(path, "port %d is taken by %s", p.Port, taken[p.Port])
		default:
			taken[p.Port] = p.Name
		}
	}
}
