package zkembed

import (
	"fmt"
	"time"

	"oakmoot/internal/zk/zkwire"
	"oakmoot/zkembed/internal/tree"
)

// connect opens a session or attaches to one: ZooKeeperServer.processConnectRequest.
// A read-only endpoint hangs up on clients that have not asked for one.
// A client that has seen a later zxid than ours has spoken to another server, and is hung
// up on without an answer. An unknown session or a wrong password is answered with a
// refusal, and the connection that has the session keeps it. A session that moves here is
// taken from the connection that had it.
func (s *state) connect(c *conn, q *zkwire.ConnectRequest) {
	c.hasReadOnly = q.HasReadOnly
	if c.at.readOnly && !q.ReadOnly {
		s.out.hangUp(c)
		return
	}
	if q.LastZxid > s.zxid {
		s.stats.aheads.report(s.opts.Log, c, q.LastZxid, s.zxid)
		s.out.hangUp(c)
		return
	}
	timeout := min(max(q.Timeout, s.opts.MinSessionTimeout), s.opts.MaxSessionTimeout)
	sess := s.sessionFor(c, q, timeout)
	if sess == nil {
		s.out.replyConnect(c, 0, 0, make([]byte, zkwire.PasswordLength))
		s.out.hangUp(c)
		return
	}
	if old := sess.conn; old != nil {
		s.detach(old)
		s.out.hangUp(old)
	}
	sess.timeout, sess.conn, c.sess = timeout, c, sess
	s.sessions.heardOf(sess, c.at, s.clock.now)
	s.out.replyConnect(c, timeout, sess.id, password(sess.id))
}

// sessionFor is a new session, or the one that is asked for; nil when it is refused.
func (s *state) sessionFor(c *conn, q *zkwire.ConnectRequest, timeout time.Duration) *session {
	switch {
	case q.Session != 0:
		return s.sessions.attachable(q, c.at)
	case c.at.readOnly:
		return s.sessions.openLocal(c.at, timeout, s.clock.now)
	}
	return s.openSession(timeout)
}

func (s *state) openSession(timeout time.Duration) *session {
	id := s.sessions.newID()
	t := s.begin(id, zkwire.OpCreateSession)
	t.Effects = append(t.Effects, &tree.Effect{Kind: tree.OpenSession, Session: id, Timeout: int32(timeout.Milliseconds())})
	sess := s.sessions.open(id, timeout, s.clock.now)
	s.commit(t)
	s.opts.Log.Debug("session opened", "session", fmt.Sprintf("0x%x", int64(id)), "timeout", timeout)
	return sess
}

func (o *outbox) replyConnect(c *conn, timeout time.Duration, id zkwire.SessionID, pass []byte) {
	out, mark := o.startFrame(c)
	answer := zkwire.ConnectResponse{Timeout: timeout, Session: id, Password: pass, HasReadOnly: c.hasReadOnly, ReadOnly: c.at.readOnly && id != 0}
	answer.Encode(out)
	out.EndFrame(mark)
}

// endSession deletes a session and its ephemerals in one transaction, with one zxid; the
// events come in the order of the deletions.
func (s *state) endSession(sess *session, expired bool) {
	if sess.home != nil {
		s.sessions.close(sess.id)
		return
	}
	t := s.begin(sess.id, zkwire.OpCloseSession)
	t.Expired = expired
	s.removeEphemerals(t, sess.id)
	t.Effects = append(t.Effects, &tree.Effect{Kind: tree.CloseSession, Session: sess.id})
	s.sessions.close(sess.id)
	s.commit(t)
	s.opts.Log.Debug("session ended", "session", fmt.Sprintf("0x%x", int64(sess.id)), "expired", expired)
}

// expire ends a session. Its connection is closed without an answer.
func (s *state) expire(sess *session) {
	s.stats.metrics.expired++
	c := sess.conn
	if c != nil {
		s.detach(c)
	}
	s.endSession(sess, true)
	if c != nil {
		s.out.hangUp(c)
	}
}

// serveCloseSession answers closeSession (-11): the session ends with its
// ephemerals, then the reply, then the connection is closed.
func serveCloseSession(s *state, r *request) zkwire.Code {
	sess := r.conn.sess
	s.detach(r.conn)
	s.endSession(sess, false)
	r.reply(zkwire.OK)
	r.hangUp()
	return zkwire.OK
}

// servePing answers ping (11), always under the xid of a ping.
func servePing(_ *state, r *request) zkwire.Code {
	r.xid = zkwire.XidPing
	r.reply(zkwire.OK)
	return zkwire.OK
}

// serveReconfig refuses reconfig (16), as a stand-alone server with its default
// settings does; the refusal uses up a zxid, unless the request does not decode.
func serveReconfig(s *state, r *request) zkwire.Code {
	var q zkwire.ReconfigRequest
	if q.Decode(&r.body); r.body.Err() != nil {
		return zkwire.MarshallingError
	}
	s.commit(s.begin(r.conn.sess.id, r.code))
	return zkwire.ReconfigDisabled
}
