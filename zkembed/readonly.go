package zkembed

import (
	"time"

	"oakmoot/internal/zk/zkwire"
)

// refusedReadOnly are the requests that a read-only endpoint refuses:
// ReadOnlyRequestProcessor.
var refusedReadOnly = map[zkwire.Op]bool{
	zkwire.OpSync: true, zkwire.OpCreate: true, zkwire.OpCreate2: true, zkwire.OpCreateTTL: true, zkwire.OpCreateContainer: true,
	zkwire.OpDelete: true, zkwire.OpDeleteContainer: true, zkwire.OpSetData: true, zkwire.OpReconfig: true,
	zkwire.OpSetACL: true, zkwire.OpMulti: true,
}

// refuseReadOnly answers what a read-only endpoint does not do. The end of a session
// that is not its own is a write too.
func (s *state) refuseReadOnly(r *request) bool {
	foreign := r.op == zkwire.OpCloseSession && r.conn.sess.home == nil
	if !r.conn.at.readOnly || !refusedReadOnly[r.op] && !foreign {
		return false
	}
	s.reply(r, zkwire.NotReadOnly)
	return true
}

// openLocal opens a session that only its read-only endpoint knows: it is not
// logged and uses up no zxid.
func (s *state) openLocal(home *Endpoint, timeout time.Duration) *session {
	sess := s.sessions.open(s.sessions.newID(), timeout, s.now)
	sess.home = home
	return sess
}

// heardOf notes that a session's client lives. What a read-only endpoint hears of
// sessions that are not its own reaches nobody.
func (s *state) heardOf(sess *session, at *Endpoint) {
	if !at.readOnly || sess.home != nil {
		s.sessions.touch(sess, s.now)
	}
}
