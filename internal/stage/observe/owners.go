package observe

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
