package zkembed

import "time"

// limits bound what may be owed to clients: the bytes of answers and events that are
// being made, wait to be written, or are under way to a client that takes its time. A
// request of thirty bytes may be answered with a megabyte, and a client may send
// thousands of them ahead.
type limits struct {
	// enough is how much may be owed to a connection before its further requests wait.
	// Apache's server stops reading from a connection that has requests under way when
	// there are too many of all: ZooKeeperServer.shouldThrottle.
	enough int
	// most is how much a connection may be owed at all: past it, it is closed. An answer
	// by itself may be that long, and events come whether they are taken or not.
	most int
	// enoughOfAll is how much may be owed to all connections. The less of it is left,
	// the earlier a connection's requests wait, until each gets an answer at a time.
	enoughOfAll int64
	// mostOfAll is where an answer that is not small closes its connection instead.
	mostOfAll int64
	// batch is how much is made before it is handed on.
	batch int64
	// effort is how much work a connection's requests may be before others have their
	// turn, in nodes that are looked at.
	effort int
}

var defaultLimits = limits{
	enough: 1 << 20, most: 64 << 20, enoughOfAll: 256 << 20, mostOfAll: 1 << 30, batch: 8 << 20, effort: 100_000,
}

// shares is into how many parts that which is left of enoughOfAll is thought to be cut.
const shares = 16

// allowance is how much a connection may be owed now.
func (s *state) allowance() int {
	left := s.limits.enoughOfAll - s.owed()
	return int(min(int64(s.limits.enough), max(0, left/shares)))
}

// owed is what is owed to all, what is being made included.
func (s *state) owed() int64 { return s.life.owed.Load() + s.made }

// mayBe is how long an answer may be that is about to be made.
func (s *state) mayBe() int {
	return int(min(int64(s.limits.most), max(4*int64(s.limits.enough), s.limits.enoughOfAll-s.owed())))
}

// waits tells that a connection's next request waits: it has not taken what it asked
// for, or others have their turn.
func (s *state) waits(c *conn) bool {
	return s.effort >= s.limits.effort || int(c.owed.Load())+len(c.out.Buf) > s.allowance()
}

// keep puts requests aside that wait. Those which were on their way already go behind.
func (s *state) keep(c *conn, frames []byte) {
	if len(c.rest) == 0 {
		s.kept = append(s.kept, c)
		c.setBehind(true)
	}
	c.rest = append(c.rest, frames...)
}

// goOn carries out what a connection's requests had to wait for, as far as it goes now.
func (s *state) goOn(c *conn) {
	frames := c.rest
	if c.rest = nil; c.sess != nil && !c.hungUp && len(frames) > 0 {
		s.heardOf(c.sess, c.at)
		s.serveAll(c, frames, time.Now())
	}
	if len(c.rest) == 0 {
		c.setBehind(false)
	}
}

// settleKept finds out which connections can go on at once, now that the output of the
// batch is on its way; the others' writers tell when there is room.
func (s *state) settleKept() {
	for _, c := range s.kept {
		if c.wantRoom(s.allowance()) {
			s.ready = append(s.ready, c)
		}
	}
	clear(s.kept)
	s.kept = s.kept[:0]
}

// more is ready to be received from while some connection can go on.
func (s *state) more() <-chan struct{} {
	if len(s.ready) == 0 {
		return nil
	}
	return always
}

// nextReady goes on with the connection that has waited longest.
func (s *state) nextReady() {
	if len(s.ready) == 0 {
		return
	}
	c := s.ready[0]
	s.ready[0] = nil
	if s.ready = s.ready[1:]; len(s.ready) == 0 {
		s.ready = nil
	}
	s.wall, s.now = s.clock.read()
	s.goOn(c)
}

// account notes what has been made for a connection. What goes past the limits is
// thrown away with the connection, which is all that a client that does not read, or
// asks for more than there can be, can be told.
func (s *state) account(c *conn) {
	before := min(c.counted, len(c.out.Buf))
	grown := len(c.out.Buf) - before
	c.counted = len(c.out.Buf)
	s.made += int64(grown)
	if c.hungUp || len(c.out.Buf) <= s.limits.most && (grown <= spareLimit || s.owed() <= s.limits.mostOfAll) {
		return
	}
	s.abandon(c, before, "more than may be owed to a client, hung up")
}

// abandon throws away the latest output, from a mark on, and hangs up.
func (s *state) abandon(c *conn, mark int, why string) {
	s.opts.Log.Warn(why, "remote", c.host, "session", sessionText(c), "answer", len(c.out.Buf)-mark,
		"owed to it", int(c.owed.Load())+mark, "owed to all", s.owed())
	s.made -= int64(c.counted - min(mark, c.counted))
	c.out.Buf = append([]byte(nil), c.out.Buf[:mark]...)
	c.counted = mark
	s.detach(c)
	s.hangUp(c)
}
