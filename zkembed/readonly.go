package zkembed

import "oakmoot/internal/zk/zkwire"

// needsWrites reports whether the request asks a read-only endpoint for a write. The end
// of a session that is not its own is one too.
func (r *request) needsWrites() bool {
	foreign := r.code == zkwire.OpCloseSession && r.conn.sess.home == nil
	return r.conn.at.readOnly && (r.op.refused || foreign)
}
