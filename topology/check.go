package topology

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/stage/invariant"
	"oakmoot/internal/stage/kinds"
	"oakmoot/internal/stage/scenario"
	"oakmoot/internal/stage/tomldoc"
)

// schema is the version of the file format that this program reads.
const schema = 1

// endSettled has a run end as soon as all has been done and judged.
const endSettled = "settled"

// MinSessionTimeout lets a demonstration use sessions far shorter than the two
// ticks that Apache ZooKeeper insists on by default.
const MinSessionTimeout = 200 * time.Millisecond

// mostServers is more than any ensemble has voters.
const mostServers = 9

// checker looks for mistakes in the meaning of a topology.
type checker struct {
	notes
	written  Topology // as it came
	topo     Topology // with its defaults filled in
	places   []Place
	universe scenario.Universe
}

func check(doc *tomldoc.Document, topo Topology) {
	written := topo
	topo = topo.WithDefaults()
	c := &checker{written: written, topo: topo, notes: notes{doc}, places: topo.Places(), universe: topo.universe()}
	c.universe.DataSources, c.universe.Columns, c.universe.Steps = topo.DataSourceNames(), topo.columns(), []string{}
	for _, s := range topo.Steps {
		if s.Name != "" {
			c.universe.Steps = append(c.universe.Steps, s.Name)
		}
	}
	for i, n := range c.universe.Nodes { // a mistyped kind is one mistake, not another wherever its nodes are meant
		if !slices.Contains(c.universe.Kinds, n.Kind) {
			c.universe.Nodes[i].Kind = scenario.Nearest(n.Kind, c.universe.Kinds)
		}
	}
	c.top()
	c.zooKeeper()
	c.roles()
	c.dataSources()
	c.streams()
	c.steps()
	c.expects()
	for i, name := range topo.Invariants.Off {
		c.oneOf(at("invariants", "off", i), name, invariant.Names()...)
		if slices.Contains(topo.Invariants.Off[:i], name) {
			c.add(at("invariants", "off", i), "%q is off already", name)
		}
	}
}

// at is the path of a value in the file, such as at("role", 0, "kind").
func at(steps ...any) tomldoc.Path { return steps }

func (c *checker) top() {
	t := c.topo
	if c.number(at("schema"), c.written.Schema, t.Schema) != schema {
		c.add(at("schema"), "this program reads schema %d", schema)
	}
	c.oneOf(at("druid_version"), t.DruidVersion, druid.Versions()...)
	c.required(at("run_for"), !t.RunFor.Zero() || !t.RunFor.Set, "a run takes some time; without run_for it has no end")
	if t.End != "" {
		c.oneOf(at("end"), t.End, endSettled)
	}
	c.metadata()
	c.oneOf(at("deep_storage", "kind"), t.DeepStorage.Kind, "local")
	c.oneOf(at("defaults", "log_level"), t.Defaults.LogLevel, "trace", "debug", "info", "warn", "error", "off")
	c.oneOf(at("defaults", "announcer"), t.Defaults.Announcer, "both", "legacy", "batch")
	c.oneOf(at("defaults", "serverview"), t.Defaults.ServerView, "batch", "legacy")
	if t.Defaults.Announcer != "both" && t.Defaults.Announcer != t.Defaults.ServerView {
		c.add(at("defaults", "announcer"), "nobody would see what is announced: serverview is %q", t.Defaults.ServerView)
	}
	c.properties(at("defaults", "properties"), t.Defaults.Properties)
	c.spelling(at("defaults", "properties"), t.Defaults.Properties)
}

func (c *checker) metadata() {
	m, path := c.topo.Metadata, at("metadata", "connect")
	if !c.oneOf(at("metadata", "kind"), m.Kind, "sqlite", "postgresql") {
		return
	}
	c.unless(m.Kind == "postgresql", path, m.Connect != "", "sqlite lies in the data directory")
	if m.Kind == "postgresql" && !isPostgreSQL(m.Connect) {
		c.add(path, "PostgreSQL needs connect = \"postgresql://user:password@host:port/database\"")
	}
}

// isPostgreSQL reports whether an address is the URL of a database on a PostgreSQL server.
func isPostgreSQL(connect string) bool {
	u, err := url.Parse(connect)
	return err == nil && (u.Scheme == "postgresql" || u.Scheme == "postgres") && u.Hostname() != "" && len(u.Path) > 1
}

func (c *checker) zooKeeper() {
	z, path := c.topo.ZooKeeper, func(key string) tomldoc.Path { return at("zookeeper", key) }
	if !c.oneOf(path("mode"), z.Mode, "embedded", "external") {
		return
	}
	embedded := z.Mode == "embedded"
	c.unless(!embedded, path("connect"), z.Connect != "", "mode is \"embedded\"")
	c.unless(embedded, path("listen"), z.Listen != "", "mode is \"external\"")
	c.unless(embedded, path("servers"), z.Servers != 0, "mode is \"external\"")
	c.unless(embedded, path("tick"), z.Tick.Duration != 0, "mode is \"external\"")
	if embedded {
		c.address(path("listen"), z.Listen)
		c.within(path("servers"), c.number(path("servers"), c.written.ZooKeeper.Servers, z.Servers), 1, mostServers)
		c.required(path("tick"), z.Tick.Duration > 0, "a tick takes some time: \"2s\" or so")
		if z.SessionTimeout.Duration < MinSessionTimeout {
			c.add(path("session_timeout"), "a session lasts %s at least", MinSessionTimeout)
		}
	} else {
		c.connect(path("connect"), z.Connect)
	}
	if mistake := badPath(z.Base); mistake != "" {
		c.add(path("base"), "%q is not a path of ZooKeeper: %s", z.Base, mistake)
	}
}

// badPath says what is wrong with an absolute path of ZooKeeper, or "".
func badPath(path string) string {
	if !strings.HasPrefix(path, "/") {
		return "it does not begin with /"
	}
	for name := range strings.SplitSeq(path[1:], "/") {
		switch name {
		case "":
			return "it has an empty name"
		case ".", "..":
			return "it has a relative name"
		case "zookeeper":
			return "ZooKeeper keeps that name for itself"
		}
	}
	return ""
}

// universe is what names mean in a cluster of this topology. Datasources are left
// open: a task may bring new ones.
func (t Topology) universe() scenario.Universe {
	nodes := []scenario.Node{}
	for _, p := range slices.Concat(t.Places(), t.ScaledPlaces()) {
		nodes = append(nodes, scenario.Node{Name: p.Name, Kind: p.Role.Kind})
	}
	return kinds.Universe(nodes)
}

// DataSourceNames are the datasources that the topology itself fills: its own, those of
// its streams, and those that its steps publish or submit a task for.
func (t Topology) DataSourceNames() []string {
	names := []string{}
	for _, d := range t.DataSources {
		names = append(names, d.Name)
	}
	for _, s := range t.Streams {
		names = append(names, s.DataSource)
	}
	for _, s := range t.Steps {
		switch a := s.rough(); a.Verb.Name {
		case "publish":
			names = append(names, a.Name)
		case "submit":
			names = append(names, taskDataSource(a)...)
		}
	}
	return names
}
