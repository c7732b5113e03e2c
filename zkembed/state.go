package zkembed

import (
	"context"
	"time"

	"oakmoot/internal/zkwire"
)

// state is everything that clients see. One goroutine owns it, the one in run;
// connections hand it requests, and it appends replies and events to their output,
// so that their order is the order of the changes.
type state struct {
	opts     Options
	tree     *tree
	sessions *sessions
	data     *watches
	children *watches
	zxid     zkwire.Zxid
	now      int64 // milliseconds, of the batch under way
	conns    map[*conn]struct{}
	touched  map[*conn]struct{} // those with output of the batch under way
	log      *txnLog            // nil in memory
	commits  *commitRing
	faults   *faultRules
	stats    stats
}

// request is a decoded request header with its undecoded body, or a call.
type request struct {
	conn    *conn
	xid     zkwire.Xid
	op      zkwire.Op
	body    []byte
	connect *connectRequest // the first request of a connection
	gone    bool            // the connection has ended
	call    func(*state)    // from the Go API or a four-letter word
}

// batchLimit is how many requests are carried out before their output is sent and
// the log is written.
const batchLimit = 1000

// run owns the state until ctx ends or the log fails.
func (s *state) run(ctx context.Context, inbox <-chan *request) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	reap := time.NewTicker(s.opts.ContainerCheck)
	defer reap.Stop()
	for {
		select {
		case <-ctx.Done():
			return s.flush()
		case r := <-inbox:
			s.now = time.Now().UnixMilli()
			s.handle(r)
			for n := 1; n < batchLimit && len(inbox) > 0; n++ {
				s.handle(<-inbox)
			}
		case <-timer.C:
			s.now = time.Now().UnixMilli()
			s.expireDue()
		case <-reap.C:
			s.now = time.Now().UnixMilli()
			s.reap()
		}
		if err := s.flush(); err != nil {
			return err
		}
		s.rearm(timer)
	}
}

// rearm sets the timer to the end of the earliest session bucket, or to when the
// log is to be synced.
func (s *state) rearm(timer *time.Timer) {
	timer.Stop()
	deadline, ok := s.sessions.nextDeadline()
	next := time.UnixMilli(deadline)
	if s.log != nil && s.log.unsynced && s.opts.Fsync == FsyncInterval {
		if sync := s.log.synced.Add(fsyncEvery); !ok || sync.Before(next) {
			next, ok = sync, true
		}
	}
	if ok {
		timer.Reset(time.Until(next))
	}
}

// handle carries out one request.
func (s *state) handle(r *request) {
	switch {
	case r.call != nil:
		r.call(s)
	case r.gone:
		s.forget(r.conn)
	case r.connect != nil:
		s.conns[r.conn] = struct{}{}
		if !r.conn.hungUp {
			s.connect(r.conn, *r.connect)
		}
	case r.conn.sess == nil || r.conn.hungUp:
		// Requests behind a close, or of a session that has moved or expired, are dropped.
	default:
		s.serve(r)
	}
}

func (s *state) serve(r *request) {
	s.stats.received++
	s.sessions.touch(r.conn.sess, s.now)
	row, known := ops[r.op]
	if !known {
		s.replyWith(r, -1, zkwire.Unimplemented)
		s.hangUp(r.conn)
		return
	}
	if s.faults.any() && s.misbehave(r, row) {
		return
	}
	row.serve(s, r)
}

// begin starts a transaction: it takes the next zxid.
func (s *state) begin(id SessionID, op zkwire.Op) *txn {
	s.zxid++
	return &txn{zxid: s.zxid, time: s.now, session: id, op: op}
}

// commit logs a transaction that has been applied. It is durable, and its replies
// go out, when the batch is flushed.
func (s *state) commit(t *txn) {
	if s.log != nil {
		s.log.append(t)
	}
	s.commits.add(t)
}

// flush makes the batch durable and then lets its output go.
func (s *state) flush() error {
	if s.log != nil {
		if err := s.log.flush(s.snapshot); err != nil {
			s.opts.Log.Error("log failed, nothing is acknowledged any more", "error", err)
			return err
		}
	}
	s.commits.publish()
	for c := range s.touched {
		c.release()
	}
	clear(s.touched)
	return nil
}

// output is where a connection's replies and events of this batch are appended.
func (s *state) output(c *conn) *zkwire.Encoder {
	s.touched[c] = struct{}{}
	s.stats.sent++
	return &c.out
}

// startReply begins a reply at the tree's present zxid.
func (s *state) startReply(r *request, code zkwire.Code) (out *zkwire.Encoder, mark int) {
	return s.startReplyAt(r, s.zxid, code)
}

func (s *state) startReplyAt(r *request, zxid zkwire.Zxid, code zkwire.Code) (out *zkwire.Encoder, mark int) {
	out = s.output(r.conn)
	mark = out.StartFrame()
	out.Int(int32(r.xid))
	out.Long(int64(zxid))
	out.Int(int32(code))
	return out, mark
}

// replyError answers with a header only; the code may be OK.
func (s *state) replyError(r *request, code zkwire.Code) { s.replyWith(r, s.zxid, code) }

func (s *state) replyWith(r *request, zxid zkwire.Zxid, code zkwire.Code) {
	out, mark := s.startReplyAt(r, zxid, code)
	out.EndFrame(mark)
}

// hangUp closes a connection once its output has been written.
func (s *state) hangUp(c *conn) {
	c.hungUp = true
	s.touched[c] = struct{}{}
}

// detach takes a connection from its session, with all its watches.
func (s *state) detach(c *conn) {
	if c.sess != nil && c.sess.conn == c {
		c.sess.conn = nil
	}
	c.sess = nil
	s.data.drop(c)
	s.children.drop(c)
}

// forget is the end of a connection.
func (s *state) forget(c *conn) {
	s.detach(c)
	delete(s.conns, c)
	delete(s.touched, c)
}

// expireDue ends the sessions whose time is over. Their connections are closed
// without a word.
func (s *state) expireDue() {
	for _, sess := range s.sessions.due(s.now) {
		s.expire(sess)
	}
}

func (s *state) expire(sess *session) {
	c := sess.conn
	if c != nil {
		s.detach(c)
	}
	s.endSession(sess)
	if c != nil {
		s.hangUp(c)
	}
}

// reap deletes containers that have lost their last child, and TTL nodes that
// nobody has touched for their time: ContainerManager.
func (s *state) reap() {
	for path := range s.tree.special {
		n := s.tree.nodes[path]
		if len(n.children) > 0 {
			continue
		}
		abandoned := n.stat.owner == ownerContainer && n.stat.created > 0
		outlived := isTTL(n.stat.owner) && s.now-n.stat.mtime > n.stat.owner&maxTTL
		if !abandoned && !outlived {
			continue
		}
		t := s.begin(0, zkwire.OpDeleteContainer)
		e := &effect{kind: effectDelete, path: path}
		acls := s.aclsOf(e)
		s.note(e)
		s.tree.apply(e, t.zxid, t.time)
		t.effects = append(t.effects, e)
		s.commit(t)
		s.fireFor(e, t.zxid, acls)
	}
}
