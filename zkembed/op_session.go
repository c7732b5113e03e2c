package zkembed

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"oakmoot/internal/zkwire"
)

// connectRequest is the first frame of a connection.
type connectRequest struct {
	lastZxid    zkwire.Zxid
	timeout     time.Duration
	session     SessionID
	password    []byte
	hasReadOnly bool // clients before 3.4, and go-zookeeper, do not send the flag
}

func decodeConnect(b []byte) (connectRequest, error) {
	d := zkwire.NewDecoder(b)
	d.Int() // protocol version, ignored
	c := connectRequest{
		lastZxid: zkwire.Zxid(d.Long()), timeout: time.Duration(d.Int()) * time.Millisecond,
		session: SessionID(d.Long()), password: d.Buffer(),
	}
	c.hasReadOnly = d.Err() == nil && d.Rest() > 0
	return c, d.Err()
}

// connect opens a session or attaches to one: ZooKeeperServer.processConnectRequest.
// A client that has seen a later zxid than ours is hung up on without a word, for
// it has spoken to another server. An unknown session, or a wrong password, is
// answered with a refusal. A session that moves here is taken from the connection
// that had it.
func (s *state) connect(c *conn, req connectRequest) {
	c.hasReadOnly = req.hasReadOnly
	if req.lastZxid > s.zxid {
		s.hangUp(c)
		return
	}
	timeout := min(max(req.timeout, s.opts.MinSessionTimeout), s.opts.MaxSessionTimeout)
	if req.session == 0 {
		c.sess = s.openSession(timeout)
	} else {
		sess := s.sessions.byID[req.session]
		if sess == nil || !bytes.Equal(req.password, password(req.session)) {
			s.replyConnect(c, 0, 0, make([]byte, 16))
			s.hangUp(c)
			return
		}
		if old := sess.conn; old != nil && old != c {
			s.detach(old)
			s.hangUp(old)
		}
		sess.timeout = timeout
		s.sessions.touch(sess, s.now)
		c.sess = sess
	}
	c.sess.conn = c
	s.replyConnect(c, timeout, c.sess.id, password(c.sess.id))
}

func (s *state) openSession(timeout time.Duration) *session {
	id := s.sessions.next()
	t := s.begin(id, zkwire.OpCreateSession)
	t.effects = append(t.effects, &effect{kind: effectOpenSession, session: id, timeout: int32(timeout.Milliseconds())})
	sess := s.sessions.open(id, timeout, s.now)
	s.commit(t)
	return sess
}

func (s *state) replyConnect(c *conn, timeout time.Duration, id SessionID, pass []byte) {
	out := s.output(c)
	mark := out.StartFrame()
	out.Int(0)
	out.Int(int32(timeout.Milliseconds()))
	out.Long(int64(id))
	out.Buffer(pass)
	if c.hasReadOnly {
		out.Bool(false)
	}
	out.EndFrame(mark)
}

// endSession deletes a session and its ephemerals in one transaction, which has
// one zxid; the events come in the order of the deletions.
func (s *state) endSession(sess *session) {
	t := s.begin(sess.id, zkwire.OpCloseSession)
	paths := make([]string, 0, len(s.tree.ephemerals[int64(sess.id)]))
	for path := range s.tree.ephemerals[int64(sess.id)] {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	for _, path := range paths {
		e := &effect{kind: effectDelete, path: path}
		acls := s.aclsOf(e)
		s.note(e)
		s.tree.apply(e, t.zxid, t.time)
		t.effects = append(t.effects, e)
		s.fireFor(e, t.zxid, acls)
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
	s.replyError(r, zkwire.OK)
	s.hangUp(r.conn)
}

// servePing answers ping (11), under the xid that is a ping's whatever was sent.
func servePing(s *state, r *request) {
	r.xid = zkwire.XidPing
	s.replyError(r, zkwire.OK)
}

// serveAuth answers auth (100): the connection gains an identity.
//
// Request: type (ignored), scheme, credential. Reply: nothing, with zxid 0.
// Errors: AuthFailed for another scheme than digest and ip, and a hang-up.
func serveAuth(s *state, r *request) {
	d := zkwire.NewDecoder(r.body)
	d.Int()
	scheme, credential := d.String(), string(d.Buffer())
	code := zkwire.OK
	switch {
	case d.Err() != nil:
		code = zkwire.MarshallingError
	case scheme == "digest":
		id := digestID(credential)
		r.conn.addID(id)
		if s.opts.SuperDigest != "" && id.ID == s.opts.SuperDigest {
			r.conn.addID(superID)
		}
	case scheme != "ip":
		code = zkwire.AuthFailed
	}
	s.replyWith(r, 0, code)
	if code == zkwire.AuthFailed {
		s.hangUp(r.conn)
	}
}

func (c *conn) addID(id zkwire.ID) {
	if !slices.Contains(c.ids, id) {
		c.ids = append(slices.Clone(c.ids), id)
	}
}

// serveSASL answers sasl (102) as a server without SASL does: a null token.
func serveSASL(s *state, r *request) {
	out, mark := s.startReplyAt(r, 0, zkwire.OK)
	out.Buffer(nil)
	out.EndFrame(mark)
}

// serveReconfig refuses reconfig (16), as a stand-alone server with its default
// settings does; the refusal uses up a zxid.
func serveReconfig(s *state, r *request) {
	s.commit(s.begin(r.conn.sess.id, r.op))
	s.replyError(r, zkwire.ReconfigDisabled)
}

// serveWhoAmI answers whoAmI (107): the connection's identities, of a digest only
// the user's name.
func serveWhoAmI(s *state, r *request) {
	out, mark := s.startReply(r, zkwire.OK)
	out.Int(int32(len(r.conn.ids)))
	for _, id := range r.conn.ids {
		out.String(id.Scheme)
		if id.Scheme == "digest" {
			id.ID, _, _ = strings.Cut(id.ID, ":")
		}
		out.String(id.ID)
	}
	out.EndFrame(mark)
}
