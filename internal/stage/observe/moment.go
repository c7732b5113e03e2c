package observe

import (
	"fmt"
	"slices"
	"time"

	"oakmoot/internal/stage/scenario"
)

// Moment is the cluster at one look: a model that does not change while it is asked, so that an answer does not
// depend on what else was asked. It is wide because every question that can be asked of it is a method.
type Moment struct {
	Seed  int64               // for the random choices of selectors
	Time  time.Time           // of the look
	Ends  map[int64]time.Time // when sessions end unless their clients are heard from; nil if that is not known
	Live  *Shown              // announced by those that take part
	Left  *Shown              // left behind by dead nodes and dead sessions
	model *Model

	Session time.Duration                 // the session timeout, of which spans may be multiples
	Answers map[scenario.Question]float64 // what a broker has answered
	Steps   func(name string) int         // how often a step was carried out; nil when there are none
}

// SessionTimeout implements scenario.Env.
func (m *Moment) SessionTimeout() time.Duration { return m.Session }

// Look is the model at a moment.
func (m *Model) Look(seed int64, now time.Time, ends map[int64]time.Time) *Moment {
	return &Moment{Seed: seed, Time: now, Ends: ends, Live: m.live, Left: m.left, model: m}
}

// Blind is the moment as known while ZooKeeper is away.
func (m *Model) Blind(seed int64, now time.Time) *Moment {
	return &Moment{Seed: seed, Time: now, Live: newShown(new(int)), Left: newShown(new(int)), model: m}
}

// Zxid is that of the latest change.
func (m *Moment) Zxid() int64 { return m.model.zxid }

// Reign is how often somebody led a kind after somebody else or after nobody, the longest time for which nobody did,
// and the hosts that lead now.
func (m *Moment) Reign(kind string) (times int, longest time.Duration, leader string) {
	r := m.model.reigns.of[kind]
	return r.times, r.longest(m.Time), r.leader
}

// Nodes are those of the topology, in its order.
func (m *Moment) Nodes() []Node { return m.model.nodes.all }

// Node is a node by its name.
func (m *Moment) Node(name string) Node { return m.model.nodes.all[m.model.nodes.byName[name]] }

// Since is when a node came into its state.
func (m *Moment) Since(name string) time.Time {
	i, known := m.model.nodes.byName[name]
	if !known {
		return time.Time{}
	}
	return m.model.nodes.since[i]
}

// At is the name of the node at an address, or "" for a foreign one.
func (m *Moment) At(host string) string {
	n, _ := m.model.nodes.at(host)
	return n.Name
}

// Faults are the armed faults, in the order in which they began.
func (m *Moment) Faults() []Fault { return m.model.faults }

// Store is what the metadata store held when it was last counted.
func (m *Moment) Store() Store { return m.model.store }

// DataSources are those named by the store or by an announced segment, sorted.
func (m *Moment) DataSources() []string { return m.model.dataSources() }

// Leaders are the hosts that lead a kind, in the sense of the package comment. Processes that are not nodes of this
// cluster count as far as ZooKeeper can tell.
func (m *Moment) Leaders(kind string) []string {
	return slices.DeleteFunc(m.Live.leading(kind), func(host string) bool {
		n, ours := m.model.nodes.at(host)
		return ours && !n.Acts()
	})
}

// Elects reports whether the nodes of a kind elect a leader.
func Elects(kind string) bool { return leaderServices[kind] != "" }

// Leads reports whether a node leads.
func (m *Moment) Leads(n Node) bool {
	return Elects(n.Kind) && slices.Contains(m.Leaders(n.Kind), n.Host)
}

// ShownLeading reports whether ZooKeeper shows a node as leader, whether that is true or not.
func (m *Moment) ShownLeading(n Node) bool {
	return Elects(n.Kind) && (slices.Contains(m.Live.leading(n.Kind), n.Host) || slices.Contains(m.Left.leading(n.Kind), n.Host))
}

// Cast is the nodes as selectors see them.
func (m *Moment) Cast() []scenario.Node {
	cast := make([]scenario.Node, len(m.model.nodes.all))
	for i, n := range m.model.nodes.all {
		leads := m.Leads(n)
		cast[i] = scenario.Node{Name: n.Name, Kind: n.Kind, Leader: leads, Follower: n.Runs() && !leads}
	}
	return cast
}

// Announced counts the distinct segments that anybody announces, or has left behind.
func (m *Moment) Announced() int {
	few, many := m.Left.segments.known, m.Live.segments.known
	if len(few) > len(many) {
		few, many = many, few
	}
	total := len(few) + len(many)
	for id := range few {
		if many[id] != nil {
			total--
		}
	}
	return total
}

// Sessions counts the sessions of those that take part. A session that owns something left behind does not count,
// even if it also owns something whose origin is unknown, such as load requests.
func (m *Moment) Sessions() int { return m.model.owners.alive }

// Lingering are the sessions for which ZooKeeper still shows what a node announced in an earlier life or session,
// sorted.
func (m *Moment) Lingering(n Node) []int64 { return m.Left.Sessions(n.Host) }

// Note says what a node's state does not show: what ZooKeeper still shows of the node, and for how long; "" if there
// is nothing to say.
func (m *Moment) Note(n Node) string {
	session, known := m.lastLeft(n)
	shown := "its session"
	if m.ShownLeading(n) && !m.Leads(n) {
		shown = "shown as leader until its session"
	}
	switch {
	case n.External:
		return ""
	case !n.Runs() && known:
		return shown + " ends" + m.in(session)
	case known:
		return "what it left in an earlier session goes" + m.in(session)
	case n.Runs() && n.Session != 0 && !n.Acts():
		away := ""
		if n.State != Paused {
			away = "without ZooKeeper; "
		}
		if m.ended(n.Session) {
			return away + "its session has ended"
		}
		return away + shown + " ends" + m.in(n.Session)
	case n.Runs() && n.Session != 0 && m.ended(n.Session):
		return "its session has ended, which it does not know yet" // a leader keeps acting until it does
	}
	return ""
}

// ended reports whether a session that once existed has ended; false if that is not known.
func (m *Moment) ended(session int64) bool {
	_, expires := m.Ends[session]
	return m.Ends != nil && m.model.owners.lives != nil && !expires && !m.model.owners.lives[session]
}

// lastLeft is, of the sessions that left something of a node behind, the one that ends last.
func (m *Moment) lastLeft(n Node) (last int64, known bool) {
	for _, session := range m.Lingering(n) {
		if !known || m.Ends[session].After(m.Ends[last]) {
			last, known = session, true
		}
	}
	return last, known
}

// in says how much longer a session lives, in whole seconds.
func (m *Moment) in(session int64) string {
	end, known := m.Ends[session]
	if !known {
		return " when ZooKeeper says so" // an external ZooKeeper does not say when
	}
	left := max(0, end.Sub(m.Time))
	return fmt.Sprintf(" in %.0f s", left.Seconds())
}
