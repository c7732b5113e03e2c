package observe

import "time"

// State is what a node is doing.
type State string

// States of a node.
const (
	Starting State = "starting"
	Up       State = "up"
	Paused   State = "paused"
	Stopped  State = "stopped"
	Killed   State = "killed"
	Absent   State = "absent"  // an external seat that is empty
	Present  State = "present" // an external seat that an external process has taken
)

// Node is what a node's supervisor knows about it, without ZooKeeper.
type Node struct {
	Name, Kind, Host string
	State            State
	Session          int64
	Reaches          bool // whether it is connected to ZooKeeper, as far as it knows
	External         bool // an external process
}

// Runs reports whether there is a process.
func (n Node) Runs() bool {
	return n.State != Killed && n.State != Stopped && n.State != Absent
}

// Serves reports whether the node can answer requests.
func (n Node) Serves() bool { return n.State == Up || n.State == Present }

// Owns reports whether what a session has announced under the node's address is the node's own current word. Only
// ZooKeeper knows that of an external process.
func (n Node) Owns(session int64) bool {
	return n.External || n.Runs() && n.Session == session
}

// Acts reports whether a node that ZooKeeper shows as leader can do a leader's work. A paused one does nothing. One
// without its connection has given up leadership: LeaderLatch.handleStateChange. Only ZooKeeper knows that of an
// external process.
func (n Node) Acts() bool {
	return n.External || n.Runs() && n.State != Paused && n.Reaches
}

// nodes are those of the topology, in the order in which they were first reported.
type nodes struct {
	all    []Node
	since  []time.Time // when each came into its state
	byName map[string]int
	byHost map[string][]int // in order
}

func newNodes() *nodes { return &nodes{byName: map[string]int{}, byHost: map[string][]int{}} }

// at is the node at an address; if two external seats name the same one, the first.
func (n *nodes) at(host string) (Node, bool) {
	if at := n.byHost[host]; len(at) > 0 {
		return n.all[at[0]], true
	}
	return Node{}, false
}

// hear takes a supervisor's report, and reports whether it is news and what was known before.
func (n *nodes) hear(node Node, now time.Time) (before Node, changed bool) {
	i, known := n.byName[node.Name]
	if !known {
		i = len(n.all)
		n.all, n.since = append(n.all, Node{}), append(n.since, now)
		n.byName[node.Name] = i
	}
	before = n.all[i]
	if known && before == node {
		return before, false
	}
	if before.State != node.State {
		n.since[i] = now
	}
	n.all[i] = node
	if before.Host != node.Host {
		n.leave(before.Host, i)
		n.come(node.Host, i)
	}
	return before, true
}

func (n *nodes) leave(host string, i int) {
	at := n.byHost[host]
	for k, j := range at {
		if j == i {
			n.byHost[host] = append(at[:k:k], at[k+1:]...)
		}
	}
	if len(n.byHost[host]) == 0 {
		delete(n.byHost, host)
	}
}

func (n *nodes) come(host string, i int) {
	if host == "" {
		return
	}
	at := n.byHost[host]
	k := 0
	for k < len(at) && at[k] < i {
		k++
	}
	n.byHost[host] = append(at[:k:k], append([]int{i}, at[k:]...)...)
}
