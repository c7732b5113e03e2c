package record

import (
	"maps"
	"slices"

	"oakmoot/internal/stage/observe"
	"oakmoot/internal/stage/trace"
)

// Cast is the nodes of a run, as far as its steps say what becomes of them.
type Cast struct {
	order []string
	nodes map[string]observe.Node
}

// NewCast is a cast without anybody.
func NewCast() *Cast { return &Cast{nodes: map[string]observe.Node{}} }

// Clone is a cast of its own with the same nodes.
func (c *Cast) Clone() *Cast { return &Cast{slices.Clone(c.order), maps.Clone(c.nodes)} }

// All are the nodes, in the order in which they came.
func (c *Cast) All() []observe.Node {
	all := make([]observe.Node, len(c.order))
	for i, name := range c.order {
		all[i] = c.nodes[name]
	}
	return all
}

// Join takes a node of the topology, of which no more is known.
func (c *Cast) Join(of Node) observe.Node {
	n := observe.Node{Name: of.Name, Kind: of.Kind, Host: of.Host, State: observe.Starting, External: of.External}
	if of.External {
		n.State = observe.Absent
	}
	c.put(n)
	return n
}

func (c *Cast) put(n observe.Node) {
	if _, known := c.nodes[n.Name]; !known {
		c.order = append(c.order, n.Name)
	}
	c.nodes[n.Name] = n
}

// Live takes what a supervisor said, and reports whether that is known.
func (c *Cast) Live(s trace.Step) (n observe.Node, known bool) {
	state, known := observe.StateOf(s.Verb)
	if !known {
		return n, false
	}
	n = c.nodes[s.Node]
	n.Name, n.Kind, n.Host, n.State = s.Node, s.Detail, s.Subject, state
	if !n.Runs() || state == observe.Starting {
		n.Session, n.Reaches = 0, false
	}
	c.put(n)
	return n, true
}

// Request notes whose a session is: a request is its node's own word.
func (c *Cast) Request(s trace.Step, change observe.Change) (n observe.Node, changed bool) {
	n, known := c.nodes[s.Node]
	switch {
	case !known || change.Session == 0 || !n.Runs():
		return n, false
	case change.Op == observe.OpCloseSession:
		if n.Session != change.Session {
			return n, false
		}
		n.Session, n.Reaches = 0, false
	case !change.Lapsed && (n.Session != change.Session || !n.Reaches):
		n.Session, n.Reaches = change.Session, true
	default:
		return n, false
	}
	c.put(n)
	return n, true
}
