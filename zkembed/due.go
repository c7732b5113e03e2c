package zkembed

import (
	"math"
	"time"
)

// clock tells milliseconds since it was made, by the monotonic clock, so that
// sessions do not expire because somebody has set the time.
type clock struct{ birth time.Time }

// never is a time that does not come.
const never = math.MaxInt64

// read returns the time of day for stamps, and the time since birth for deadlines.
func (c clock) read() (wall, sinceBirth int64) {
	now := time.Now()
	return now.UnixMilli(), now.Sub(c.birth).Milliseconds()
}

// until is how long it takes until a time since birth.
func (c clock) until(at int64) time.Duration {
	if at == never {
		return math.MaxInt64
	}
	return time.Until(c.birth.Add(time.Duration(at) * time.Millisecond))
}

// nextDue is when the state has to act without being asked. Without sessions,
// sweeps or delays that is never: an idle server sleeps.
func (s *state) nextDue() int64 {
	next := min(s.sessions.next, s.reapAt, s.log.syncDue(s.clock))
	for c := range s.holding {
		next = min(next, c.held.until)
	}
	return next
}

// runDue does what is due.
func (s *state) runDue() {
	s.wall, s.now = s.clock.read()
	if s.sessions.next <= s.now {
		for _, sess := range s.sessions.due(s.now) {
			s.expire(sess)
		}
	}
	if s.reapAt <= s.now {
		s.reap()
		s.reapAt = s.now + s.opts.ContainerCheck.Milliseconds()
	}
	for c := range s.holding {
		if c.held.until <= s.now {
			s.letGo(c)
		}
	}
}

// expire ends a session. Its connection is closed without a word.
func (s *state) expire(sess *session) {
	s.stats.metrics.expired++
	c := sess.conn
	if c != nil {
		s.detach(c)
	}
	s.endSession(sess)
	if c != nil {
		s.hangUp(c)
	}
}
