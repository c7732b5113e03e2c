package topology

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"oakmoot/internal/druid"
	"oakmoot/internal/stage/kinds"
	"oakmoot/internal/stage/scenario"
	"oakmoot/internal/stage/tomldoc"
)

// action checks what a step does, and to whom.
func (c *checker) action(i int, s Step) {
	a, mistakes := scenario.FormOf(s).Read(c.universe)
	for _, m := range mistakes {
		path := at("step", i, m.Key)
		if m.Index >= 0 {
			path = append(path, m.Index)
		}
		if m.Extra {
			c.meaningless(path, true, m.Message)
			continue
		}
		c.doc.AddAt(path, m.Column, m.Message)
	}
	if len(mistakes) == 0 {
		c.possible(i, s, a)
	}
}

// possible checks that an action which is well written can be done in this topology.
func (c *checker) possible(i int, s Step, a scenario.Action) {
	z := c.topo.ZooKeeper
	path := func(key string) tomldoc.Path { return at("step", i, key) }
	external := z.Mode == "external"
	if external && a.Verb.Embedded {
		c.add(path("do"), "%s takes the embedded ZooKeeper, and this one is external: what can be done to it is done on the nodes' links, such as partition … from zookeeper", a.Verb.Name)
		return
	}
	if file := a.Word("file"); file != "" {
		if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
			c.add(c.keyOf(i, "file"), "there is no file %s", file)
		} else if err != nil {
			c.add(c.keyOf(i, "file"), "%v", err)
		}
	}
	if a.Verb.Name == "push" && !slices.ContainsFunc(c.topo.Streams, func(s Stream) bool { return s.DataSource == a.Name && s.Source == "push" }) {
		c.add(c.keyOf(i, "target"), "no stream takes pushed rows of %s: it takes a [[stream]] with source = \"push\"", a.Name)
	}
	if a.Verb.Name == "scale" && kinds.Of(a.Name).Outside {
		c.add(c.keyOf(i, "target"), "a %s can only be a process of its own: it is not started from here", a.Name)
	}
	if a.Verb.Name == "configure" {
		c.configured(i, a)
	}
	if n := a.Count("endpoint", 0); n > z.Servers && !external {
		c.add(c.keyOf(i, "endpoint"), "there is no endpoint %d: servers in [zookeeper] is %d", n, z.Servers)
	}
	if kind := a.Verb.Of; kind != "" && !a.Target.Picks(c.universe, func(n scenario.Node) bool { return n.Kind == kind }) {
		c.add(c.keyOf(i, "target"), "%s means something to a %s, and %s is none", a.Verb.Name, kind, a.Target)
		return
	}
	if name, why := c.refused(a, external); name != "" {
		key := c.keyOf(i, "target")
		if a.Verb.Signal != "" {
			key = path("do")
		}
		c.add(key, "%s is a process of its own: %s", name, why)
		return
	}
	if a.Verb.Outlasts() && a.Has("for") {
		if name := c.outsider(a.Target, false); name != "" {
			c.add(c.keyOf(i, "for"), "%s is a process of its own: %s", name, scenario.NotStarted)
		}
	}
	if a.Verb.Reach == scenario.ReachSession && a.Has("share") {
		if name := c.outsider(a.Target, false); name != "" {
			c.add(c.keyOf(i, "share"), "%s is a process of its own: ZooKeeper itself meets its requests, and knows no share of them", name)
		}
	}
	if a.Verb.Takes("direction") && a.Word("direction") != "to" {
		if name := c.outsider(a.Peer(), true); name != "" {
			path := c.keyOf(i, "from")
			if len(s.Between) == 2 {
				path = at("step", i, "between", 1)
			}
			c.add(path, "%s is a process of its own: what it sends cannot be met from here, only what is sent to it (direction to)", name)
		}
	}
}

// configured demands keys that the coordinator knows: it ignores others.
func (c *checker) configured(i int, a scenario.Action) {
	var config map[string]any
	if json.Unmarshal([]byte(a.Word("json")), &config) != nil || config == nil {
		c.add(c.keyOf(i, "json"), "the coordinator's configuration is a JSON object, such as {\"maxSegmentsToMove\": 100}")
	}
	known := druid.DynamicConfigKeys()
	for _, key := range slices.Sorted(maps.Keys(config)) {
		if slices.Contains(known, key) {
			continue
		}
		message := fmt.Sprintf("the coordinator has no %q in its configuration", key)
		if near := scenario.Nearest(key, known); near != "" {
			message += fmt.Sprintf("; did you mean %q?", near)
		}
		c.add(c.keyOf(i, "json"), "%s", message)
	}
}

// taskDataSource is the datasource that a submitted task writes to, if it can be read.
func taskDataSource(a scenario.Action) []string {
	text := []byte(a.Word("json"))
	if file := a.Word("file"); file != "" {
		text, _ = os.ReadFile(file) // one that is not there is a mistake of its own
	}
	var task struct {
		DataSource string
		Spec       struct{ DataSchema struct{ DataSource string } }
	}
	if json.Unmarshal(text, &task) != nil {
		return nil
	}
	if name := cmp.Or(task.Spec.DataSchema.DataSource, task.DataSource); name != "" {
		return []string{name}
	}
	return nil
}

// refused names a process of its own to which the action cannot be done, though it can only mean such, and says why.
func (c *checker) refused(a scenario.Action, externalZooKeeper bool) (name, why string) {
	if c.outsider(a.Target, false) == "" {
		return "", ""
	}
	for _, p := range c.places {
		node := scenario.Universe{Nodes: []scenario.Node{{Name: p.Name, Kind: p.Role.Kind}}}
		if !p.Role.External || !a.Target.Picks(node, func(scenario.Node) bool { return true }) {
			continue
		}
		if why := a.Verb.Refuses(scenario.Outsider{ExternalZooKeeper: externalZooKeeper, Signalled: p.Role.PIDFile != ""}); why != "" {
			return p.Name, why
		}
	}
	return "", ""
}

// outsider names a node that a selector can only mean, or with any can mean, and that is
// a process of its own; "" when there is none.
func (c *checker) outsider(s scenario.Selector, any bool) string {
	outside := func(n scenario.Node) bool { return c.external(n.Name) }
	switch {
	case s.Empty() || s.ZooKeeper():
		return ""
	case any && (s.Elects() || strings.Contains(s.String(), "@any")): // it may mean another
		return ""
	case any && !s.Picks(c.universe, outside), !any && s.Picks(c.universe, func(n scenario.Node) bool { return !outside(n) }):
		return ""
	}
	for _, n := range c.universe.Nodes {
		if outside(n) && s.Picks(scenario.Universe{Nodes: []scenario.Node{n}}, func(scenario.Node) bool { return true }) {
			return n.Name
		}
	}
	return ""
}

func (c *checker) external(name string) bool {
	for _, p := range c.places {
		if p.Name == name {
			return p.Role.External
		}
	}
	return false
}

// keyOf is the key of a part of a step, or do when that says it.
func (c *checker) keyOf(i int, part string) tomldoc.Path {
	if path := at("step", i, part); c.doc.Sets(path) {
		return path
	}
	return at("step", i, "do")
}
