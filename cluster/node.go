package cluster

import (
	"fmt"
	"sync/atomic"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/fault"
	"oakmoot/internal/run/fault/clockfault"
	"oakmoot/internal/run/fault/diskfault"
	"oakmoot/internal/stage/observe"
)

// nodeState is what a node is doing.
type nodeState = observe.State

// States of a node.
const (
	stateStarting = observe.Starting
	stateUp       = observe.Up
	statePaused   = observe.Paused
	stateStopped  = observe.Stopped
	stateKilled   = observe.Killed
	stateAbsent   = observe.Absent
	statePresent  = observe.Present
)

// place is what the topology says of a node.
type place struct {
	name string
	kind string
	role Role
	port int // that the topology names, or 0
}

// seams are where faults meet a node, beside its link.
type seams struct {
	signals *signals // of an external seat
	disk    *diskfault.Disk
	tasks   *taskFaults
	clock   *clockfault.Clock
}

// node is a place in the topology and what fills it: a role of ours under its supervisor,
// or a process of its own in an external seat.
type node struct {
	place
	*lives
	*supervisor // nil for an external seat

	self druid.Node
	dir  string
	log  hclog.Logger
	link *fault.Link
	seams
	address address
	session session
	seat    atomic.Pointer[occupant] // nil for a node that is ours
	speak   func()                   // hands the node's word to the model, after each change of it
}

// bind takes the node's address before its first incarnation.
func (n *node) bind(port int) (err error) {
	if n.self.PlaintextPort, err = n.address.bind(n.self.Host, port); err != nil {
		return &unavailable{fmt.Errorf("%s: %w", n.name, err)}
	}
	return nil
}

// host is the node's host:port; of an external seat, that of the process in it, or
// "" as long as it is not known.
func (n *node) host() string {
	if o := n.seat.Load(); o != nil {
		return o.host
	}
	return n.self.HostAndPort()
}

// serves reports whether the node answers requests.
func (n *node) serves() bool {
	s := n.current()
	return s == stateUp || s == statePresent
}

// current is the node's state, with a pause of its link taken into account.
func (n *node) current() nodeState {
	if o := n.seat.Load(); o != nil {
		return o.state()
	}
	s := n.does()
	if (s == stateUp || s == stateStarting) && n.link.Paused() {
		return statePaused
	}
	return s
}

// reachesZooKeeper reports whether the node has a connection, as far as it knows.
func (n *node) reachesZooKeeper() bool {
	if n.role.External {
		return true // what becomes of its connection is not known here
	}
	return n.session.connected()
}

// sessionID is the id of the node's ZooKeeper session, 0 when it has none.
func (n *node) sessionID() int64 {
	if o := n.seat.Load(); o != nil {
		return o.session
	}
	return n.session.id()
}

// word is what is known of the node now without asking ZooKeeper.
func (n *node) word() observe.Node {
	return observe.Node{
		Name: n.name, Kind: n.kind, Host: n.host(), State: n.current(), Session: n.sessionID(), Reaches: n.reachesZooKeeper(), External: n.role.External,
	}
}
