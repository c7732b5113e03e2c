package zkembed

import (
	"context"
	"encoding/binary"
	"errors"
	"runtime"
	"time"

	"oakmoot/internal/zk/zkwire"
)

// state is everything that clients see. One goroutine at a time owns it, the one that
// has the turn: it carries out parcels and appends replies and events to the output of
// connections, so that their order is the order of the changes. Its parts are the types
// of its fields; its own methods are the loop, and what concerns several parts.
type state struct {
	opts    Options
	ledger  // the database, its clock, and where its changes go
	out     outbox
	queue   queue
	faults  faults
	rights  rights
	request request   // the one under way
	life    *lifetime // the present one
	stats   stats
	pace    pace
}

// pace is what the state does when.
type pace struct {
	reapAt  int64 // when containers and TTL nodes are looked at next
	armed   int64 // when run wakes up by itself
	parcels int   // how many have been carried out since the latest flush
	gathers bool  // whether the latest flush made changes of several parcels durable together
	ending  error // why run ends after this batch; nil while it goes on
}

// batchLimit is how many parcels are carried out before their output is sent and
// the log is written; a full log batch ends it earlier.
const batchLimit = 256

// errRestart ends run without ending the server.
var errRestart = errors.New("restart")

// run carries out what comes, and what becomes due, until ctx ends, a restart is
// asked for or the log fails; then it keeps the turn. While it waits, connections may
// take the turn for a parcel of theirs.
func (s *state) run(ctx context.Context) error {
	life := s.life
	timer := time.NewTimer(0)
	defer timer.Stop()
	life.turn.take()
	s.pace.armed = 0
	for s.pace.ending == nil {
		if next := s.nextDue(); next != s.pace.armed {
			timer.Reset(s.clock.until(next))
			s.pace.armed = next
		}
		moves, more := s.log.Moves(), s.queue.more()
		life.turn.give()
		select {
		case <-ctx.Done():
			life.turn.take()
			s.flush()
			return s.pace.ending
		case p := <-life.inbox:
			life.turn.take()
			s.handle(p)
		case <-timer.C:
			life.turn.take()
			s.pace.armed = never
		case <-moves:
			life.turn.take()
			s.log.SaveOn()
		case <-more:
			life.turn.take()
			s.goOn(s.queue.next())
		}
		s.gather()
		if s.log.Pending() {
			runtime.Gosched() // requests that are about to arrive share the sync
			s.gather()
		}
		// What has arrived goes before what is due: a ping that waits in the inbox keeps
		// its session.
		if len(life.inbox) == 0 {
			s.runDue()
		}
		s.flush()
	}
	return s.pace.ending
}

// gather carries out what has arrived, up to the limits of one batch.
func (s *state) gather() {
	for s.pace.parcels < batchLimit && s.out.made < s.out.limits.batch && len(s.life.inbox) > 0 && !s.log.Full() {
		s.handle(<-s.life.inbox)
	}
}

// busy reports whether the state's own goroutine has something to do: to end, to go on
// with a snapshot or with requests, or to wake up earlier than it is going to.
func (s *state) busy() bool {
	return s.pace.ending != nil || s.log.Saving() || len(s.queue.ready) > 0 || s.nextDue() < s.pace.armed
}

// handle carries out one parcel.
func (s *state) handle(p parcel) {
	s.pace.parcels++
	s.life.waiting.Add(-1) // holding the turn keeps others from overtaking it
	s.clock.look()
	switch {
	case p.call != nil:
		p.call(s)
	case p.conn == nil: // a reminder
	case p.gone:
		s.detach(p.conn)
		p.conn.touched = false
	case p.goOn:
		s.queue.ready = append(s.queue.ready, p.conn)
	case p.connect != nil:
		before := s.txns
		s.connect(p.conn, p.connect)
		s.stats.metrics.connects++
		s.stats.measure(measured{conn: p.conn, at: p.at, n: 1, writes: int(s.txns - before)})
	default:
		s.stats.metrics.bytesIn += int64(len(p.frames))
		s.serveFrames(p.conn, p.frames, p.at)
	}
}

// goOn carries out requests of a connection that had to wait, as far as possible now.
func (s *state) goOn(c *conn) {
	if c == nil {
		return
	}
	s.clock.look()
	frames := c.rest
	if c.rest = nil; len(frames) > 0 && !c.hungUp {
		s.serveFrames(c, frames, time.Now())
	}
	if len(c.rest) == 0 {
		c.setBehind(false)
	}
}

// serveFrames carries out requests in order until there are no more, or they have to wait.
// Those behind a close, or of a session that has moved or expired, are dropped.
func (s *state) serveFrames(c *conn, frames []byte, at time.Time) {
	if c.sess != nil {
		s.sessions.heardOf(c.sess, c.at, s.clock.now)
	}
	m := measured{conn: c, at: at, frames: frames}
	before := s.txns
	s.queue.effort = 0
	for len(frames) > 0 && c.sess != nil && !c.hungUp && !s.putAside(c, frames) {
		frame, rest := cutFrame(frames)
		if len(frame) < 8 { // not even a header
			s.out.hangUp(c)
			break
		}
		s.serve(c, frame)
		if s.out.account(c); !c.held.active {
			m.n++
			frames = rest
		}
	}
	m.writes = min(m.n, int(s.txns-before))
	s.stats.measure(m)
}

// putAside keeps requests for later that must not be carried out yet; it reports whether
// they have to wait.
func (s *state) putAside(c *conn, frames []byte) bool {
	switch {
	case c.held.active: // the first of them, or one before it, is delayed by a rule
		if !c.held.keep(frames) {
			s.out.hangUp(c)
		}
	case len(c.rest) > 0, s.queue.tired(), c.owes(s.out.allowance()):
		s.queue.keep(c, frames)
	default:
		return false
	}
	return true
}

// serve carries out one request.
func (s *state) serve(c *conn, frame []byte) {
	code := zkwire.Op(binary.BigEndian.Uint32(frame[4:]))
	r := &s.request
	*r = request{
		state: s, conn: c, xid: zkwire.Xid(binary.BigEndian.Uint32(frame)), code: code, op: ops[code],
		raw: frame[8:], body: *zkwire.NewDecoder(frame[8:]),
	}
	known := r.op != nil && r.op.serve != nil
	if known && s.faults.rules.armed() && r.misbehave() {
		return
	}
	s.stats.count(r)
	switch {
	case !known:
		r.replyAt(-1, zkwire.Unimplemented)
		r.hangUp()
	case r.needsProof():
		r.failAuth(zkwire.SessionClosedRequireAuth)
	case r.needsWrites():
		r.reply(zkwire.NotReadOnly)
	default:
		r.carryOut()
	}
}

// flush ends the batch: it makes the batch durable and then lets its output go. Nothing
// more is carried out when that fails.
func (s *state) flush() {
	s.pace.gathers, s.pace.parcels = s.pace.parcels > 1 && s.log.Pending(), 0
	if err := s.log.Flush(); err != nil {
		s.opts.Log.Error("log failed, nothing is acknowledged any more", "error", err)
		s.pace.ending = err
		return
	}
	s.commits.publish()
	s.stats.flushed(s.txns)
	s.out.release()
	s.queue.settle(&s.out)
}

// detach takes a connection from its session, with all its watches.
func (s *state) detach(c *conn) {
	if c.sess != nil && c.sess.conn == c {
		c.sess.conn = nil
	}
	c.sess = nil
	s.watches.drop(c)
	delete(s.faults.delays, c)
	c.rest = nil
}

// nextDue is when the state has to act unasked. Without sessions, sweeps or delays that is
// never: an idle server sleeps.
func (s *state) nextDue() int64 {
	next := min(s.sessions.next, s.pace.reapAt)
	if at, due := s.log.SyncDue(); due {
		next = min(next, s.clock.after(at))
	}
	return min(next, s.faults.delays.next())
}

// runDue does what is due.
func (s *state) runDue() {
	s.clock.look()
	if s.sessions.next <= s.clock.now {
		for _, sess := range s.sessions.due(s.clock.now) {
			s.expire(sess)
		}
	}
	if s.pace.reapAt <= s.clock.now {
		s.reap()
		s.pace.reapAt = s.clock.now + s.opts.ContainerCheck.Milliseconds()
	}
	for c := range s.faults.delays {
		if c.held.until <= s.clock.now {
			s.serveFrames(c, s.faults.delays.end(c), time.Now())
			c.held.passed = false // whether or not a rule was still there to ask
		}
	}
}
