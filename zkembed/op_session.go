package zkembed

import (
	"bytes"
	"maps"
	"slices"
	"time"

	"oakmoot/internal/zk/zkwire"
)

// connect opens a session or attaches to one: ZooKeeperServer.processConnectRequest.
// A read-only endpoint hangs up on who has not asked for one.
// A client that has seen a later zxid than ours is hung up on without a word, for
// it has spoken to another server. An unknown session, or a wrong password, is
// answered with a refusal, and the connection that has the session keeps it. A
// session that moves here is taken from the connection that had it.
func (s *state) connect(c *conn, q *zkwire.ConnectRequest) {
	c.hasReadOnly = q.HasReadOnly
	if c.at.readOnly && !q.ReadOnly {
		s.hangUp(c)
		return
	}
	if q.LastZxid > s.zxid {
		s.aheads.tell(s.opts.Log, c, q.LastZxid, s.zxid)
		s.hangUp(c)
		return
	}
	timeout := min(max(q.Timeout, s.opts.MinSessionTimeout), s.opts.MaxSessionTimeout)
	sess := s.sessionFor(c, q, timeout)
	if sess == nil {
		s.replyConnect(c, 0, 0, make([]byte, zkwire.PasswordLength))
		s.hangUp(c)
		return
	}
	if old := sess.conn; old != nil {
		s.detach(old)
		s.hangUp(old)
	}
	sess.timeout, sess.conn, c.sess = timeout, c, sess
	s.heardOf(sess, c.at)
	s.replyConnect(c, timeout, sess.id, password(sess.id))
}

// sessionFor is a new session or the one that is asked for, nil when it is refused.
func (s *state) sessionFor(c *conn, q *zkwire.ConnectRequest, timeout time.Duration) *session {
	switch {
	case q.Session == 0 && c.at.readOnly:
		return s.openLocal(c.at, timeout)
	case q.Session == 0:
		return s.openSession(timeout)
	case !bytes.Equal(q.Password, password(q.Session)):
		return nil
	}
	if sess := s.sessions.byID[q.Session]; sess != nil && (sess.home == nil || sess.home == c.at) {
		return sess
	}
	return nil
}

func (s *state) openSession(timeout time.Duration) *session {
	id := s.sessions.newID()
	t := s.begin(id, zkwire.OpCreateSession)
	t.effects = append(t.effects, &effect{kind: effectOpenSession, session: id, timeout: int32(timeout.Milliseconds())})
	sess := s.sessions.open(id, timeout, s.now)
	s.commit(t)
	return sess
}

func (s *state) replyConnect(c *conn, timeout time.Duration, id SessionID, pass []byte) {
	out := s.output(c)
	mark := out.StartFrame()
	answer := zkwire.ConnectResponse{Timeout: timeout, Session: id, Password: pass, HasReadOnly: c.hasReadOnly, ReadOnly: c.at.readOnly && id != 0}
	answer.Encode(out)
	out.EndFrame(mark)
}

// endSession deletes a session and its ephemerals in one transaction, which has
// one zxid; the events come in the order of the deletions.
func (s *state) endSession(sess *session) {
	if sess.home != nil {
		s.sessions.close(sess.id)
		return
	}
	t := s.begin(sess.id, zkwire.OpCloseSession)
	for _, path := range slices.Sorted(maps.Keys(s.tree.ephemerals[int64(sess.id)])) {
		e := &effect{kind: effectDelete, path: path}
		s.apply(t, e, nil)
		s.fireFor(e, t.zxid)
	}
	t.effects = append(t.effects, &effect{kind: effectCloseSession, session: sess.id})
	s.sessions.close(sess.id)
	s.commit(t)
}

// serveCloseSession answers closeSession (-11): the session ends with its
// ephemerals, then the reply, then the connection is closed.
func serveCloseSession(s *state, r *request) {
	sess := r.conn.sess
	s.detach(r.conn)
	s.endSession(sess)
	s.reply(r, zkwire.OK)
	s.hangUp(r.conn)
}

// servePing answers ping (11), under the xid that is a ping's whatever was sent.
func servePing(s *state, r *request) {
	r.xid = zkwire.XidPing
	s.reply(r, zkwire.OK)
}

// serveReconfig refuses reconfig (16), as a stand-alone server with its default
// settings does; the refusal uses up a zxid, unless the request does not decode.
func serveReconfig(s *state, r *request) {
	var q zkwire.ReconfigRequest
	if q.Decode(&r.body); s.malformed(r) {
		return
	}
	s.commit(s.begin(r.conn.sess.id, r.op))
	s.reply(r, zkwire.ReconfigDisabled)
}
