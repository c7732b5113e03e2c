package observe

import "slices"

// owners are ZooKeeper's sessions: which are alive, whose they are, and what they own.
type owners struct {
	lives map[int64]bool   // nil if nobody says which sessions are alive
	names map[int64]string // of nodes, including sessions that are over
	owns  map[int64]owned  // of those that own a znode
	alive int              // sessions that own znodes of those that take part, and nothing left behind
}

// owned is how many znodes a session owns.
type owned struct{ live, left int }

func (o owned) takesPart() bool { return o.live > 0 && o.left == 0 }

func newOwners() *owners { return &owners{names: map[int64]string{}, owns: map[int64]owned{}} }

// change adds to what a session owns.
func (s *owners) change(session int64, live, left int) {
	if session == 0 {
		return
	}
	before := s.owns[session]
	after := owned{before.live + live, before.left + left}
	switch {
	case after.takesPart() && !before.takesPart():
		s.alive++
	case !after.takesPart() && before.takesPart():
		s.alive--
	}
	if s.owns[session] = after; after == (owned{}) {
		delete(s.owns, session)
	}
}

// Owned is how many of Druid's znodes end with a session.
func (m *Moment) Owned(session int64) int {
	owns := m.model.owners.owns[session]
	return owns.live + owns.left
}

// Who names the node that has, or had, a session; "" for a session of anybody else.
func (m *Moment) Who(session int64) string { return m.model.Who(session) }

// Ephemerals are the paths of Druid's znodes that end with one of the sessions, sorted. All znodes are looked at.
func (m *Moment) Ephemerals(sessions []int64) (paths []string) {
	for path, e := range m.model.znodes {
		if e.owner != 0 && slices.Contains(sessions, e.owner) {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return paths
}
