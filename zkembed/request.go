package zkembed

import (
	"oakmoot/internal/zk/zkwire"
	"oakmoot/zkembed/internal/tree"
)

// request is a request of a connection that has a session, and how it is answered.
type request struct {
	state *state
	conn  *conn
	xid   zkwire.Xid
	code  zkwire.Op
	op    *op // nil for an unknown code
	raw   []byte
	body  zkwire.Decoder // over raw
}

// carryOut has the operation's handler carry the request out, and answers a refusal: the
// one place for that.
func (r *request) carryOut() {
	if code := r.op.serve(r.state, r); code != zkwire.OK {
		r.reply(code)
	}
}

// startReply begins the reply to a request that succeeds, at the tree's present zxid;
// EndFrame ends it.
func (r *request) startReply() (out *zkwire.Encoder, mark int) {
	return r.startReplyAt(r.state.zxid, zkwire.OK)
}

func (r *request) startReplyAt(zxid zkwire.Zxid, code zkwire.Code) (out *zkwire.Encoder, mark int) {
	out, mark = r.state.out.startFrame(r.conn)
	header := zkwire.ReplyHeader{Xid: r.xid, Zxid: zxid, Code: code}
	header.Encode(out)
	r.conn.stats.lastZxid = zxid
	return out, mark
}

// replyAt answers with a header only; the code may be OK.
func (r *request) replyAt(zxid zkwire.Zxid, code zkwire.Code) {
	out, mark := r.startReplyAt(zxid, code)
	out.EndFrame(mark)
}

// reply is replyAt the tree's present zxid.
func (r *request) reply(code zkwire.Code) { r.replyAt(r.state.zxid, code) }

// hangUp closes the connection once its output has been written.
func (r *request) hangUp() { r.state.out.hangUp(r.conn) }

// undecodable reports whether a record has not decoded. One whose path is null has, and
// is refused later, by each operation in its own way.
func undecodable(d *zkwire.Decoder) bool { return d.Err() != nil && d.Err() != zkwire.ErrNull }

// read is how getData and getChildren begin: it finds the node that they ask for, and sets
// a watch on it if they want one. Errors, in this order: MarshallingError, NoNode, NoAuth
// (READ).
func (r *request) read(w *watchManager) (*tree.Node, zkwire.Code) {
	var q zkwire.ReadRequest
	if q.Decode(&r.body); r.body.Err() != nil {
		return nil, zkwire.MarshallingError
	}
	n, code := r.access().find(q.Path, zkwire.PermRead)
	if code == zkwire.OK && q.Watch {
		w.add(q.Path, r.conn, watchOnce)
	}
	return n, code
}

// named finds the node of a request that is a path. Errors, in this order:
// MarshallingError, NoNode, NoAuth.
func (r *request) named(wanted zkwire.Perm) (*tree.Node, string, zkwire.Code) {
	var q zkwire.PathRequest
	if q.Decode(&r.body); r.body.Err() != nil {
		return nil, "", zkwire.MarshallingError
	}
	n, code := r.access().find(q.Path, wanted)
	return n, q.Path, code
}

// access is the tree as the connection may use it.
func (r *request) access() access { return access{r.state.tree, r.state.rights, r.conn.ids} }

// caller is on whose behalf the request makes a change.
func (r *request) caller() caller {
	return caller{access: r.access(), opts: &r.state.opts, session: r.conn.sess.id}
}
