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
// connections, so that their order is the order of the changes.
type state struct {
	opts     Options
	limits   limits
	tree     *tree
	quotas   quotas
	sessions *sessions
	data     *watches
	children *watches
	zxid     zkwire.Zxid
	clock    clock
	wall     int64              // milliseconds since the epoch, of the parcel under way
	now      int64              // milliseconds since the state began, of the parcel under way
	life     *lifetime          // whose connections there are
	touched  []*conn            // those with output of the batch under way, in the order in which it came up
	holding  map[*conn]struct{} // those whose requests a rule delays
	reapAt   int64              // when containers and TTL nodes are looked at next
	log      *txnLog            // nil in memory
	saver    *saver             // of the snapshot under way, nil without one
	commits  *commitRing
	rules    *faultRules
	disk     *disk
	stats    stats
	aheads   aheads
	made     int64   // bytes of output of this batch
	effort   int     // of the parcel under way
	kept     []*conn // whose requests wait, of this batch
	ready    []*conn // whose requests can go on
	request  request // the one under way
	armed    int64   // when run wakes up by itself
	parcels  int     // carried out since the latest flush
	gathers  bool    // the latest flush made changes of several parcels durable together
	ending   error   // ends run after this batch
}

// parcel is what the state is handed at once.
type parcel struct {
	conn    *conn
	at      time.Time              // when it had been read
	connect *zkwire.ConnectRequest // the first of a connection
	frames  []byte                 // whole requests, with their lengths
	gone    bool                   // the connection has ended
	goOn    bool                   // there is room for what its requests wait for
	call    func(*state)           // from the Go API or a four-letter word
}

// asks tells that the parcel is what a client has sent.
func (p *parcel) asks() bool { return p.connect != nil || p.frames != nil }

// request is a request of a connection that has a session; the body has not been
// decoded.
type request struct {
	conn *conn
	xid  zkwire.Xid
	op   zkwire.Op
	raw  []byte
	body zkwire.Decoder
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
	s.armed = 0
	for s.ending == nil {
		if next := s.nextDue(); next != s.armed {
			timer.Reset(s.clock.until(next))
			s.armed = next
		}
		moves, more := s.saverMoves(), s.more()
		life.turn.give()
		select {
		case <-ctx.Done():
			life.turn.take()
			return s.flush()
		case p := <-life.inbox:
			life.turn.take()
			s.handle(p)
		case <-timer.C:
			life.turn.take()
			s.armed = never
		case <-moves:
			life.turn.take()
			s.saveOn()
		case <-more:
			life.turn.take()
			s.nextReady()
		}
		s.gather()
		if s.log.pending() {
			runtime.Gosched() // who is about to bring something gets his share of the sync
			s.gather()
		}
		// What has arrived counts before time does: a ping that waits in the inbox
		// keeps its session.
		if len(life.inbox) == 0 {
			s.runDue()
		}
		s.endBatch()
	}
	return s.ending
}

// gather carries out what has arrived, as far as one batch may hold it.
func (s *state) gather() {
	for s.parcels < batchLimit && s.made < s.limits.batch && len(s.life.inbox) > 0 && !s.log.full() {
		s.handle(<-s.life.inbox)
	}
}

// endBatch flushes; nothing more is carried out when that fails.
func (s *state) endBatch() {
	s.gathers = s.parcels > 1 && s.log.pending()
	s.parcels = 0
	if err := s.flush(); err != nil {
		s.ending = err
	}
}

// busy tells that the state's own goroutine has something to do: to end, to go on with
// a snapshot or with requests, or to wake up earlier than it means to.
func (s *state) busy() bool {
	return s.ending != nil || s.saver != nil || len(s.ready) > 0 || s.nextDue() < s.armed
}

// handle carries out one parcel.
func (s *state) handle(p parcel) {
	s.parcels++
	s.life.waiting.Add(-1) // who has the turn keeps others from going before it
	s.wall, s.now = s.clock.read()
	switch {
	case p.call != nil:
		p.call(s)
	case p.conn == nil: // a reminder
	case p.gone:
		s.forget(p.conn)
	case p.goOn:
		s.ready = append(s.ready, p.conn)
	case p.connect != nil:
		before := s.stats.metrics.txns
		s.connect(p.conn, p.connect)
		s.stats.metrics.connects++
		s.stats.measure(measured{conn: p.conn, at: p.at, n: 1, writes: int(s.stats.metrics.txns - before)})
	default:
		s.handleFrames(p.conn, p.frames, p.at)
	}
}

// handleFrames carries out requests in order. Those behind a close, or of a session
// that has moved or expired, are dropped.
func (s *state) handleFrames(c *conn, frames []byte, at time.Time) {
	if c.sess != nil {
		s.heardOf(c.sess, c.at)
	}
	if c.held.active {
		s.hold(c, frames)
		return
	}
	s.stats.metrics.bytesIn += int64(len(frames))
	if len(c.rest) > 0 {
		s.keep(c, frames)
		return
	}
	s.serveAll(c, frames, at)
}

// serveAll carries out requests until there are no more, or they have to wait.
func (s *state) serveAll(c *conn, frames []byte, at time.Time) {
	s.effort = 0
	m := measured{conn: c, at: at, frames: frames}
	before := s.stats.metrics.txns
	for len(frames) > 0 && c.sess != nil && !c.hungUp {
		if s.waits(c) {
			s.keep(c, frames)
			break
		}
		var frame []byte
		whole := frames
		frame, frames = cutFrame(frames)
		if len(frame) < 8 { // not even a header
			s.hangUp(c)
			break
		}
		s.serve(c, frame)
		if s.account(c); c.held.active {
			s.hold(c, whole)
			break
		}
		m.n++
	}
	m.writes = min(m.n, int(s.stats.metrics.txns-before))
	s.stats.measure(m)
}

// serve carries out one request.
func (s *state) serve(c *conn, frame []byte) {
	r := &s.request
	*r = request{
		conn: c, xid: zkwire.Xid(binary.BigEndian.Uint32(frame)), op: zkwire.Op(binary.BigEndian.Uint32(frame[4:])),
		raw: frame[8:], body: *zkwire.NewDecoder(frame[8:]),
	}
	row, known := ops[r.op]
	if !known {
		s.stats.count(r)
		s.replyAt(r, -1, zkwire.Unimplemented)
		s.hangUp(c)
		return
	}
	if s.rules.armed() && s.misbehave(r, row) {
		return
	}
	s.stats.count(r)
	if !s.refuseUnproved(r) && !s.refuseReadOnly(r) {
		row.serve(s, r)
	}
}

// malformed tells that a request did not decode, and answers it.
func (s *state) malformed(r *request) bool {
	if r.body.Err() == nil {
		return false
	}
	s.reply(r, zkwire.MarshallingError)
	return true
}

// begin starts a transaction: it takes the next zxid.
func (s *state) begin(id SessionID, op zkwire.Op) *txn {
	s.zxid++
	return &txn{zxid: s.zxid, time: s.wall, session: id, op: op}
}

// commit logs a transaction that has been applied. It is durable, and its replies
// go out, when the batch is flushed.
func (s *state) commit(t *txn) {
	s.log.append(t)
	s.commits.add(t)
	s.stats.metrics.txns++
}

// flush makes the batch durable and then lets its output go.
func (s *state) flush() error {
	if err := s.log.flush(s); err != nil {
		s.opts.Log.Error("log failed, nothing is acknowledged any more", "error", err)
		return err
	}
	s.stats.metrics.flushed()
	s.commits.publish()
	s.stats.flushed()
	for _, c := range s.touched {
		if c.touched {
			c.touched = false
			s.stats.metrics.bytesOut += int64(len(c.out.Buf))
			c.release()
			c.counted = 0
		}
	}
	clear(s.touched)
	s.touched, s.made = s.touched[:0], 0
	s.settleKept()
	return nil
}

// close lets go of the data directory.
func (s *state) close() {
	s.stopSaving()
	s.log.close()
}

// hangUp closes a connection once its output has been written.
func (s *state) hangUp(c *conn) {
	c.hungUp = true
	s.touch(c)
}

// detach takes a connection from its session, with all its watches.
func (s *state) detach(c *conn) {
	if c.sess != nil && c.sess.conn == c {
		c.sess.conn = nil
	}
	c.sess = nil
	s.data.drop(c)
	s.children.drop(c)
	delete(s.holding, c)
	c.rest = nil
}

// forget is the end of a connection.
func (s *state) forget(c *conn) {
	s.detach(c)
	c.touched = false
}
