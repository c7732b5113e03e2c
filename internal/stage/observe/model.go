package observe

import (
	"maps"
	"slices"
	"time"

	"oakmoot/internal/zk/zkpath"
)

// Model is the state of a cluster.
//
// What ZooKeeper shows and what is true are two things: what a killed node announced stays until its session ends.
// The model keeps them apart, in live and left. It has more than 12 fields because each source that feeds it has its own.
type Model struct {
	paths  zkpath.Paths
	roots  []string                     // of the layout
	zxid   int64                        // of the latest change
	znodes map[string]*entry            // by path
	counts patterns                     // of them
	byHost map[string]map[string]*entry // ephemerals by the host that announces itself with them
	live   *Shown                       // announced by those that take part
	left   *Shown                       // left behind by dead nodes and dead sessions
	nodes  *nodes
	owners *owners
	store  Store
	faults []Fault // armed, in the order in which they began
	work   int
	reigns reigns
	stamps stamps

	keepData bool // of the znodes, for a feed that does not say what was there before

	listener Listener // nil when nobody listens
	cause    Change   // what the model is taking now, for the listener
}

// New returns an empty model of a layout.
func New(paths zkpath.Paths) *Model {
	m := &Model{
		paths: paths, roots: paths.Roots(), znodes: map[string]*entry{}, byHost: map[string]map[string]*entry{}, nodes: newNodes(), owners: newOwners(),
		reigns: reigns{map[string]reign{}}, stamps: newStamps(),
	}
	m.live, m.left = newShown(&m.work), newShown(&m.work)
	return m
}

// KeepData has the model keep the znodes' data, which Refresh needs to say what was there
// before a change.
func (m *Model) KeepData() { m.keepData = true }

// Zxid is that of the latest change.
func (m *Model) Zxid() int64 { return m.zxid }

// Back says that ZooKeeper has come back with an earlier history, whose latest change has a zxid. What it holds is told
// by a Sync.
func (m *Model) Back(zxid int64) { m.zxid = zxid }

// Work counts what all changes so far have touched: znodes, statements under a key, and counts.
func (m *Model) Work() int { return m.work }

// Apply takes the changes of one transaction.
func (m *Model) Apply(changes ...Change) {
	for _, c := range changes {
		m.changed(c)
		m.apply(c)
		m.zxid = max(m.zxid, c.Zxid)
	}
	m.cause = Change{}
	if len(changes) > 0 {
		m.seeLeaders(changes[0].Time)
	}
}

func (m *Model) apply(c Change) {
	switch c.Op {
	case OpOpenSession:
		if m.owners.lives != nil {
			m.owners.lives[c.Session] = true
		}
	case OpCloseSession:
		delete(m.owners.lives, c.Session)
	case OpCreate:
		m.put(Znode{Path: c.Path, Data: c.After, Owner: c.Owner, Mzxid: c.Zxid})
	case OpSet:
		if held := m.znodes[c.Path]; held != nil {
			m.put(Znode{Path: c.Path, Data: c.After, Owner: held.owner, Mzxid: c.Zxid})
		}
	case OpDelete:
		m.drop(m.znodes[c.Path])
	}
}

// Sync makes the model hold exactly the znodes that a listing of the whole layout has
// found. The sessions are those that live; nil says that nobody knows. What has not
// changed since is not decoded again. It returns the changes, as Refresh does.
func (m *Model) Sync(listed []Znode, sessions []int64) (changes []Change) {
	found := make(map[string]bool, len(listed))
	for _, n := range listed {
		found[n.Path] = true
	}
	var gone []string
	for path := range m.znodes {
		if !found[path] {
			gone = append(gone, path)
		}
	}
	slices.Sort(gone)
	changes = m.refresh(listed, gone, false)
	if m.listener != nil {
		m.listener.Relisted()
	}
	m.owners.lives = nil
	if sessions != nil {
		m.owners.lives = map[int64]bool{}
		for _, id := range sessions {
			m.owners.lives[id] = true
		}
	}
	return changes
}

// Refresh takes some znodes as a reader has just found them, and the paths at which it
// found none any more. It returns the changes that must have happened, as far as they can
// be seen from outside: nobody knows their sessions, and several changes of one znode look
// like one.
func (m *Model) Refresh(found []Znode, gone []string) (changes []Change) {
	return m.refresh(found, gone, true)
}

// refresh tells the listener of the changes as causes, or, of a listing, as what was found.
func (m *Model) refresh(found []Znode, gone []string, causes bool) (changes []Change) {
	take := func(c Change) {
		if changes = append(changes, c); causes {
			m.cause = c
		}
	}
	defer func() { m.cause = Change{} }()
	for _, n := range found {
		held := m.znodes[n.Path]
		if held != nil && held.mzxid == n.Mzxid {
			continue
		}
		c := Change{Zxid: n.Mzxid, Op: OpCreate, Path: n.Path, After: n.Data, Owner: n.Owner}
		if held != nil {
			c.Op, c.Before = OpSet, held.data
		}
		take(c)
		m.put(n)
	}
	for _, path := range gone {
		if held := m.znodes[path]; held != nil {
			take(Change{Op: OpDelete, Path: path, Before: held.data})
			m.drop(held)
		}
	}
	m.seeLeaders(time.Now())
	return changes
}

// put stores a znode in place of what was at its path. The model ignores one outside the layout, or one that has no
// meaning and no owner.
func (m *Model) put(n Znode) {
	held := m.znodes[n.Path]
	if !slices.ContainsFunc(m.roots, func(root string) bool { return zkpath.Within(root, n.Path) }) {
		return
	}
	e := read(m.paths, n)
	if m.keepData {
		e.data = n.Data
	}
	if m.turn(held, e) {
		return
	}
	m.drop(held)
	if e.Kind == zkpath.KindOther && e.owner == 0 {
		return
	}
	m.work++
	m.znodes[e.path] = e
	m.counts.change(e.path, 1)
	if e.host != "" && e.owner != 0 {
		if m.byHost[e.host] == nil {
			m.byHost[e.host] = map[string]*entry{}
		}
		m.byHost[e.host][e.path] = e
	}
	m.show(e, m.side(e))
	m.turned(e, true)
}

// turn puts a znode in the place of the same one before a change, if its kind knows how to do that for less than a drop
// and a put.
func (m *Model) turn(held, e *entry) bool {
	if held == nil || held.owner != e.owner || held.host != e.host || held.in == nil || held.in != m.side(e) {
		return false
	}
	kind := znodeKinds[e.Kind]
	if kind.turn == nil {
		return false
	}
	kind.turn(held.in, held, e)
	m.work++
	e.in = held.in
	m.turned(held, false)
	m.znodes[e.path] = e
	if of := m.byHost[e.host]; of != nil {
		of[e.path] = e
	}
	m.turned(e, true)
	return true
}

func (m *Model) drop(e *entry) {
	if e == nil {
		return
	}
	m.work++
	m.show(e, nil)
	m.turned(e, false)
	delete(m.znodes, e.path)
	m.counts.change(e.path, -1)
	if of := m.byHost[e.host]; of != nil {
		if delete(of, e.path); len(of) == 0 {
			delete(m.byHost, e.host)
		}
	}
}

// side is where a znode is shown: what one of our nodes announced in an earlier life or session is left.
func (m *Model) side(e *entry) *Shown {
	if node, ours := m.nodes.at(e.host); ours && e.owner != 0 && !node.Owns(e.owner) {
		return m.left
	}
	return m.live
}

// show moves a znode from where it is shown to another place; nil is nowhere.
func (m *Model) show(e *entry, to *Shown) {
	if e.in == to {
		return
	}
	for _, move := range []struct {
		in *Shown
		by int
	}{{e.in, -1}, {to, 1}} {
		switch move.in {
		case nil:
			continue
		case m.live:
			m.owners.change(e.owner, move.by, 0)
		case m.left:
			m.owners.change(e.owner, 0, move.by)
		}
		m.work++
		move.in.take(e, move.by > 0)
	}
	e.in = to
}

// Hear takes a supervisor's report on a node, and reports whether it is news. It costs as much as the node has
// announced if that starts or stops being the node's own word.
func (m *Model) Hear(n Node) (changed bool) { return m.HearAt(n, time.Now()) }

// HearAt is Hear for a report that was made at a time.
func (m *Model) HearAt(n Node, now time.Time) (changed bool) {
	before, changed := m.nodes.hear(n, now)
	if n.Session != 0 {
		m.owners.names[n.Session] = n.Name
	}
	if !changed {
		return false
	}
	m.work++
	m.stamps.words++
	if m.listener != nil {
		m.listener.Heard(before, n)
	}
	for _, host := range slices.Compact([]string{before.Host, n.Host}) {
		for _, e := range m.byHost[host] {
			m.show(e, m.side(e))
		}
	}
	m.seeLeaders(now)
	return true
}

// NodeOf is what a node's supervisor said last.
func (m *Model) NodeOf(name string) (n Node, known bool) {
	i, known := m.nodes.byName[name]
	if known {
		n = m.nodes.all[i]
	}
	return n, known
}

// Who names the node that has, or had, a session; "" for a session of anybody else.
func (m *Model) Who(session int64) string { return m.owners.names[session] }

// Store is how much the metadata store holds.
type Store struct {
	Used        map[string]int  // used segments that can be read, by datasource
	Tasks       map[string]int  // tasks, by status
	DataSources map[string]bool // named by a used segment or a task
}

// Count takes what the metadata store holds now.
func (m *Model) Count(s Store) { m.store = s }

// Begin takes a fault, which lasts until End.
func (m *Model) Begin(f Fault) {
	m.faults = append(m.faults, f)
	if m.listener != nil {
		m.listener.Faulted(f, true)
	}
}

// End takes the end of a fault.
func (m *Model) End(id string) {
	m.faults = slices.DeleteFunc(m.faults, func(f Fault) bool {
		if f.ID == id && m.listener != nil {
			m.listener.Faulted(f, false)
		}
		return f.ID == id
	})
}

// Faults are the armed faults, in the order in which they began.
func (m *Model) Faults() []Fault { return m.faults }

// dataSources are those named by the store or by an announced segment, sorted.
func (m *Model) dataSources() []string {
	known := map[string]bool{}
	maps.Copy(known, m.store.DataSources)
	for _, shown := range []*Shown{m.live, m.left} {
		for name := range shown.segments.dataSources {
			known[name] = true
		}
	}
	return slices.Sorted(maps.Keys(known))
}
