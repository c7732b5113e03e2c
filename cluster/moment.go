package cluster

import (
	"context"
	"fmt"
	"slices"
	"time"

	"oakmoot/internal/run/metadata"
	"oakmoot/internal/stage/kinds"
	"oakmoot/internal/stage/scenario"
)

// moment is the cluster at one look. It is read whole before it is asked anything, so
// that an answer does not depend on what else was asked; status, conditions and the
// targets of faults all come from one.
//
// What ZooKeeper shows and what is true are two things: what a killed node announced
// stays until its session ends. The moment has them apart, in zk and left.
type moment struct {
	seed   int64
	time   time.Time
	nodes  []fact
	faults []Fault
	zk     *view               // what those announce who take part; nil when ZooKeeper was not asked for
	left   *view               // what dead nodes and dead sessions have left in it
	ends   map[int64]time.Time // when sessions end unless their clients are heard of; nil when that is not known
	store  metadata.Counts
}

// fact is what is known of a node itself, without ZooKeeper.
type fact struct {
	name, kind, host string
	state            nodeState
	session          int64
	reaches          bool // it has a connection to ZooKeeper, as far as it knows
	external         bool
}

// runs tells whether there is a process.
func (f fact) runs() bool {
	return f.state != stateKilled && f.state != stateStopped && f.state != stateAbsent
}

// owns tells whether what a session has announced under the node's address is the
// node's own word today. Of a process of its own only ZooKeeper knows.
func (f fact) owns(session int64) bool {
	return f.external || f.runs() && f.session == session
}

// acts tells whether a node that ZooKeeper shows as leader can do what a leader does. A
// paused one does nothing. One without its connection has given leadership up:
// LeaderLatch.handleStateChange. Of a process of its own only ZooKeeper knows.
func (f fact) acts() bool {
	return f.external || f.runs() && f.state != statePaused && f.reaches
}

// fact is what is known of the node now.
func (n *node) fact() fact {
	return fact{n.name, n.kind, n.host(), n.current(), n.sessionID(), n.reachesZooKeeper(), n.role.External}
}

func (c *Cluster) facts() []fact {
	facts := make([]fact, len(c.nodes))
	for i, n := range c.nodes {
		facts[i] = n.fact()
	}
	return facts
}

// momentTries is how often a look is repeated because a node has changed meanwhile;
// the last one counts, for a cluster that never rests.
const momentTries = 3

// moment reads the cluster as it is now, from the sources that are asked for.
func (c *Cluster) moment(ctx context.Context, from scenario.Source) (*moment, error) {
	m := &moment{seed: c.seed}
	for try := 1; ; try++ {
		before := c.facts()
		m.time, m.nodes, m.faults = time.Now(), before, c.armed.list()
		if from&scenario.FromZooKeeper != 0 {
			if err := m.readZooKeeper(ctx, c); err != nil {
				return nil, err
			}
		}
		if from&scenario.FromStore != 0 {
			var err error
			if m.store, err = c.store.Counts(ctx); err != nil {
				return nil, err
			}
		}
		if try == momentTries || slices.Equal(before, c.facts()) {
			return m, nil
		}
	}
}

// readZooKeeper tells what those who take part announce from what others left.
func (m *moment) readZooKeeper(ctx context.Context, c *Cluster) error {
	m.zk, m.left = newView(), newView()
	ends, err := c.lookAll(ctx, func(n znode) error {
		host := hostOf(c.paths, n)
		if f, ours := m.at(host); ours && n.owner != 0 && !f.owns(n.owner) {
			m.left.add(c.paths, n)
			m.left.own(host, n.owner)
		} else {
			m.zk.add(c.paths, n)
			m.zk.own(host, n.owner)
		}
		return nil
	})
	for session := range m.left.sessions {
		delete(m.zk.sessions, session) // it owns what does not say whose it is, such as load requests
	}
	m.ends = ends
	return err
}

// at is what is known of the node at an address.
func (m *moment) at(host string) (fact, bool) {
	for _, f := range m.nodes {
		if host != "" && f.host == host {
			return f, true
		}
	}
	return fact{}, false
}

// leaders are the hosts that lead a kind: ZooKeeper shows their announcement as leader,
// of a session that lives, and they act. Processes that are no nodes of this cluster
// count as far as ZooKeeper can tell.
func (m *moment) leaders(kind string) []string {
	return slices.DeleteFunc(slices.Clone(m.zk.leading(kind)), func(host string) bool {
		f, ours := m.at(host)
		return ours && !f.acts()
	})
}

// leads tells whether a node leads; nobody does when ZooKeeper was not asked for.
func (m *moment) leads(f fact) bool {
	return m.zk != nil && kinds.Of(f.kind).Elects && slices.Contains(m.leaders(f.kind), f.host)
}

// shownLeading tells whether ZooKeeper shows a node as leader, be it true or not.
func (m *moment) shownLeading(f fact) bool {
	return kinds.Of(f.kind).Elects && (slices.Contains(m.zk.leading(f.kind), f.host) || slices.Contains(m.left.leading(f.kind), f.host))
}

// candidates are the nodes as selectors see them.
func (m *moment) candidates() []scenario.Node {
	nodes := make([]scenario.Node, len(m.nodes))
	for i, f := range m.nodes {
		leads := m.leads(f)
		nodes[i] = scenario.Node{Name: f.name, Kind: f.kind, Leader: leads, Follower: f.runs() && !leads}
	}
	return nodes
}

// note says what is not to be seen from a node's state: what ZooKeeper still shows of
// it, and for how long; "" when there is nothing to say.
func (m *moment) note(f fact) string {
	session, known := m.lastLeft(f.host)
	shown := "its session"
	if m.shownLeading(f) && !m.leads(f) {
		shown = "shown as leader until its session"
	}
	switch {
	case f.external:
		return ""
	case !f.runs() && known:
		return shown + " ends" + m.in(session)
	case known:
		return "what it left in an earlier session goes" + m.in(session)
	case f.runs() && f.session != 0 && !f.acts():
		away := ""
		if f.state != statePaused {
			away = "without ZooKeeper; "
		}
		if m.ended(f.session) {
			return away + "its session has ended"
		}
		return away + shown + " ends" + m.in(f.session)
	case f.runs() && f.session != 0 && m.ended(f.session):
		return "its session has ended, which it does not know yet" // a leader acts on until it does
	}
	return ""
}

// ended tells whether a session that there was is no more; false when that is not known.
func (m *moment) ended(session int64) bool {
	_, lives := m.ends[session]
	return m.ends != nil && !lives
}

// lastLeft is the session that ends last of those that left something of a host.
func (m *moment) lastLeft(host string) (last int64, known bool) {
	for session := range m.left.owned[host] {
		if !known || m.ends[session].After(m.ends[last]) {
			last, known = session, true
		}
	}
	return last, known
}

// in words how long a session still lives, in whole seconds.
func (m *moment) in(session int64) string {
	end, known := m.ends[session]
	if !known {
		return " when ZooKeeper says so" // an external one does not tell when
	}
	left := max(0, end.Sub(m.time))
	return fmt.Sprintf(" in %.0f s", left.Seconds())
}
