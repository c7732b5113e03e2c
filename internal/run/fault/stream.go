package fault

import "time"

// streams are the faults on the bytes that go a way to or from a peer.
func (s *state) streams(p Peer, way Direction) func(yield func(*Armed, streamEffect) bool) {
	return func(yield func(*Armed, streamEffect) bool) {
		for _, a := range s.faults {
			if e, ok := a.stream(); ok && a.rule.meets(p, way) && !yield(a, e) {
				return
			}
		}
	}
}

// touches reports whether a fault touches the bytes that go a way.
func (s *state) touches(p Peer, way Direction) bool {
	if len(s.faults) == 0 {
		return false
	}
	for range s.streams(p, way) {
		return true
	}
	return false
}

// holds reports whether a fault holds the bytes up; either way when the way is Both.
func (s *state) holds(p Peer, way Direction) bool {
	for _, e := range s.streams(p, way) {
		if e.holds() {
			return true
		}
	}
	return false
}

// holds also returns what to watch for another answer.
func (l *Link) holds(p Peer, way Direction) (hold bool, changed <-chan struct{}) {
	s := l.state()
	return s.holds(p, way), s.changed
}

// delays is how late faults make n bytes that set out now.
func (s *state) delays(p Peer, way Direction, n int, now time.Time) []late {
	var all []late
	for a, e := range s.streams(p, way) {
		if n > 0 {
			a.touch(Counts{Bytes: int64(n)})
		}
		if by := e.late(a, way, n, now); by > 0 {
			all = append(all, late{a, by})
		}
	}
	return all
}

// slice is how many of n bytes may leave at once.
func (s *state) slice(p Peer, way Direction, n int) int {
	for _, e := range s.streams(p, way) {
		if cuts, is := e.(slicer); is {
			n = min(n, cuts.slice(n))
		}
	}
	return max(1, n)
}

// curtail cuts off the bytes that a fault lets a connection end before.
func (s *state) curtail(w *wire, way Direction, p []byte) ([]byte, breaking) {
	var by breaking
	for a, e := range s.streams(w.peer, way) {
		end, is := e.(ender)
		if !is {
			continue
		}
		if pass, ends := end.passes(a, w, len(p)); ends {
			p, by = p[:pass], breaking{by: a, reset: true}
		}
	}
	return p, by
}
