package zkembed

import (
	"strings"

	"oakmoot/internal/zk/zkwire"
	"oakmoot/zkembed/internal/tree"
)

// prepareSetData checks setData (5).
//
// Request: path, data, version. Reply: the new Stat.
// Errors, in this order: BadArguments, NoNode, NoAuth (WRITE), QuotaExceeded,
// BadVersion. Watches: NodeDataChanged.
func prepareSetData(who *caller, _ zkwire.Op, d *zkwire.Decoder) (change, zkwire.Code) {
	var q zkwire.SetDataRequest
	if q.Decode(d); undecodable(d) {
		return change{}, zkwire.MarshallingError
	}
	n, code := who.findValid(q.Path, zkwire.PermWrite)
	if code == zkwire.OK {
		code = who.underQuota(q.Path, 0, int64(len(q.Data)-n.Size()))
	}
	if code == zkwire.OK && !matchesVersion(q.Version, n.Version()) {
		code = zkwire.BadVersion
	}
	if code != zkwire.OK {
		return change{}, code
	}
	return change{&tree.Effect{Kind: tree.SetData, Path: q.Path, Data: q.Data}, replyStat}, zkwire.OK
}

// prepareCheck checks check (13), which only a multi may hold.
//
// Request: path, version. Errors, in this order: BadArguments, NoNode, NoAuth
// (READ), BadVersion.
func prepareCheck(who *caller, _ zkwire.Op, d *zkwire.Decoder) (change, zkwire.Code) {
	var q zkwire.VersionRequest
	if q.Decode(d); undecodable(d) {
		return change{}, zkwire.MarshallingError
	}
	n, code := who.findValid(q.Path, zkwire.PermRead)
	if code == zkwire.OK && !matchesVersion(q.Version, n.Version()) {
		code = zkwire.BadVersion
	}
	return change{nil, replyNothing}, code
}

// matchesVersion compares the version that a request asks for; -1 is any.
func matchesVersion(wanted zkwire.Version, have int32) bool {
	return wanted == -1 || int32(wanted) == have
}

// serveExists answers exists (3). A watch is set on a missing node too.
//
// Request: path, watch. Reply: Stat.
// Errors, in this order: BadArguments (NUL), NoAuth (READ), NoNode.
func serveExists(s *state, r *request) zkwire.Code {
	var q zkwire.ReadRequest
	if q.Decode(&r.body); r.body.Err() != nil {
		return zkwire.MarshallingError
	}
	if strings.Contains(q.Path, "\x00") {
		return zkwire.BadArguments
	}
	n, code := r.access().find(q.Path, zkwire.PermRead)
	if code != zkwire.NoAuth && q.Watch {
		s.watches.data.add(q.Path, r.conn, watchOnce)
	}
	if code == zkwire.OK {
		out, mark := r.startReply()
		stat := n.Stat()
		out.Stat(&stat)
		out.EndFrame(mark)
	}
	return code
}

// serveGetData answers getData (4).
//
// Request: path, watch. Reply: data, Stat. Errors, in this order: NoNode, NoAuth (READ).
func serveGetData(s *state, r *request) zkwire.Code {
	n, code := r.read(s.watches.data)
	if code == zkwire.OK {
		out, mark := r.startReply()
		encodeData(out, n)
		out.EndFrame(mark)
	}
	return code
}

func encodeData(out *zkwire.Encoder, n *tree.Node) {
	stat := n.Stat()
	out.Buffer(n.Data())
	out.Stat(&stat)
}

// serveSync answers sync (9). On a single server every earlier write has been applied, and
// nothing is sent before it is durable, so it only echoes the path, even a null one.
func serveSync(_ *state, r *request) zkwire.Code {
	var q zkwire.PathRequest
	if q.Decode(&r.body); undecodable(&r.body) {
		return zkwire.MarshallingError
	}
	out, mark := r.startReply()
	if r.body.Err() != nil {
		out.Int(-1)
	} else {
		out.String(q.Path)
	}
	out.EndFrame(mark)
	return zkwire.OK
}
