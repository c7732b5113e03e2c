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
	op    *op // nil for a code that nobody knows
	raw   []byte
	body  zkwire.Decoder // over raw
}

// startReply begins a reply at the tree's present zxid; EndFrame ends it.
func (r *request) startReply(code zkwire.Code) (out *zkwire.Encoder, mark int) {
	return r.startReplyAt(r.state.zxid, code)
}

func (r *request) startReplyAt(zxid zkwire.Zxid, code zkwire.Code) (out *zkwire.Encoder, mark int) {
	out = r.state.out.to(r.conn)
	mark = out.StartFrame()
	header := zkwire.ReplyHeader{Xid: r.xid, Zxid: zxid, Code: code}
	header.Encode(out)
	r.conn.stats.lastZxid = zxid
	return out, mark
}

// reply answers with a header only; the code may be OK.
func (r *request) reply(code zkwire.Code) { r.replyAt(r.state.zxid, code) }

func (r *request) replyAt(zxid zkwire.Zxid, code zkwire.Code) {
	out, mark := r.startReplyAt(zxid, code)
	out.EndFrame(mark)
}

// hangUp closes the connection once its output has been written.
func (r *request) hangUp() { r.state.out.hangUp(r.conn) }

// malformed reports whether the request has not decoded, and answers it then.
func (r *request) malformed() bool {
	if r.body.Err() == nil {
		return false
	}
	r.reply(zkwire.MarshallingError)
	return true
}

// undecodable is malformed for operations that take a null path.
func (r *request) undecodable() bool { return undecodable(&r.body) && r.malformed() }

// undecodable reports whether a record has not decoded. One whose path is null has, and
// is refused later, by each operation in its own way.
func undecodable(d *zkwire.Decoder) bool { return d.Err() != nil && d.Err() != zkwire.ErrNull }

// decodePath reads a request that is a path.
func (r *request) decodePath() (path string, ok bool) {
	var q zkwire.PathRequest
	q.Decode(&r.body)
	return q.Path, !r.malformed()
}

// read is how getData and getChildren begin: what they ask for is found, and watched if
// they want that; nil when the request has been refused: MarshallingError, NoNode, NoAuth
// (READ).
func (r *request) read(w *watchManager) *tree.Node {
	var q zkwire.ReadRequest
	if q.Decode(&r.body); r.malformed() {
		return nil
	}
	n := r.node(q.Path, zkwire.PermRead)
	if n != nil && q.Watch {
		w.add(q.Path, r.conn, watchOnce)
	}
	return n
}

// node finds what the request asks for, if one of its identities may have it; nil when
// the request has been refused: NoNode, NoAuth.
func (r *request) node(path string, wanted zkwire.Perm) *tree.Node {
	n, code := r.access().find(path, wanted)
	if code != zkwire.OK {
		r.reply(code)
		return nil
	}
	return n
}

// access is the tree as the connection may use it.
func (r *request) access() access { return access{r.state.tree, r.state.rights, r.conn.ids} }

// caller is on whose behalf the request makes a change.
func (r *request) caller() caller {
	return caller{access: r.access(), opts: &r.state.opts, session: r.conn.sess.id}
}
