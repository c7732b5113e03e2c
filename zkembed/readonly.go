package zkembed

import "oakmoot/internal/zk/zkwire"

// refuseReadOnly answers what a read-only endpoint does not do. The end of a session
// that is not its own is a write too.
func (r *request) refuseReadOnly() bool {
	foreign := r.code == zkwire.OpCloseSession && r.conn.sess.home == nil
	if !r.conn.at.readOnly || !r.op.refused && !foreign {
		return false
	}
	r.reply(zkwire.NotReadOnly)
	return true
}
