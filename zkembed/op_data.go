package zkembed

import (
	"strings"

	"oakmoot/internal/zk/zkwire"
)

// prepareSetData checks setData (5).
//
// Request: path, data, version. Reply: the new Stat.
// Errors, in this order: BadArguments, NoNode, NoAuth (WRITE), QuotaExceeded,
// BadVersion. Watches: NodeDataChanged.
func prepareSetData(s *state, who *caller, _ zkwire.Op, d *zkwire.Decoder) (change, zkwire.Code) {
	var q zkwire.SetDataRequest
	if q.Decode(d); undecodable(d) {
		return change{}, zkwire.MarshallingError
	}
	n, code := s.usable(q.Path, zkwire.PermWrite, who.ids)
	if code == zkwire.OK {
		code = s.underQuota(who, q.Path, 0, int64(len(q.Data)-n.size()))
	}
	if code != zkwire.OK {
		return change{}, code
	}
	if !matchesVersion(q.Version, n.version) {
		return change{}, zkwire.BadVersion
	}
	return change{&effect{kind: effectSetData, path: q.Path, data: q.Data}, replyStat}, zkwire.OK
}

// prepareCheck checks check (13), which only a multi may hold.
//
// Request: path, version. Errors, in this order: BadArguments, NoNode, NoAuth
// (READ), BadVersion.
func prepareCheck(s *state, who *caller, _ zkwire.Op, d *zkwire.Decoder) (change, zkwire.Code) {
	var q zkwire.VersionRequest
	if q.Decode(d); undecodable(d) {
		return change{}, zkwire.MarshallingError
	}
	n, code := s.usable(q.Path, zkwire.PermRead, who.ids)
	if code != zkwire.OK {
		return change{}, code
	}
	if !matchesVersion(q.Version, n.version) {
		return change{}, zkwire.BadVersion
	}
	return change{nil, replyNothing}, zkwire.OK
}

// matchesVersion compares the version that a request asks for; -1 is any.
func matchesVersion(wanted zkwire.Version, have int32) bool {
	return wanted == -1 || int32(wanted) == have
}

// usable finds a node by a path that is validated in full first.
func (s *state) usable(path string, wanted zkwire.Perm, ids []zkwire.ID) (*znode, zkwire.Code) {
	if !validPath(path) {
		return nil, zkwire.BadArguments
	}
	return s.readable(path, wanted, ids)
}

// readable finds a node that the identities may use.
func (s *state) readable(path string, wanted zkwire.Perm, ids []zkwire.ID) (*znode, zkwire.Code) {
	n := s.tree.lookup(path)
	if n == nil {
		return nil, zkwire.NoNode
	}
	if !s.permitted(n.acl(), wanted, ids) {
		return nil, zkwire.NoAuth
	}
	return n, zkwire.OK
}

// serveExists answers exists (3). A watch is set also on a node that is missing.
//
// Request: path, watch. Reply: Stat.
// Errors, in this order: BadArguments (NUL), NoAuth (READ), NoNode.
func serveExists(s *state, r *request) {
	var q zkwire.ReadRequest
	if q.Decode(&r.body); s.malformed(r) {
		return
	}
	if strings.Contains(q.Path, "\x00") {
		s.reply(r, zkwire.BadArguments)
		return
	}
	n, code := s.readable(q.Path, zkwire.PermRead, r.conn.ids)
	if code != zkwire.NoAuth && q.Watch {
		s.data.add(q.Path, r.conn, watchOnce)
	}
	if code != zkwire.OK {
		s.reply(r, code)
		return
	}
	out, mark := s.startReply(r, zkwire.OK)
	stat := n.wireStat()
	out.Stat(&stat)
	out.EndFrame(mark)
}

// serveGetData answers getData (4).
//
// Request: path, watch. Reply: data, Stat. Errors, in this order: NoNode, NoAuth (READ).
func serveGetData(s *state, r *request) {
	var q zkwire.ReadRequest
	if q.Decode(&r.body); s.malformed(r) {
		return
	}
	n, code := s.readable(q.Path, zkwire.PermRead, r.conn.ids)
	if code != zkwire.OK {
		s.reply(r, code)
		return
	}
	if q.Watch {
		s.data.add(q.Path, r.conn, watchOnce)
	}
	out, mark := s.startReply(r, zkwire.OK)
	encodeData(out, n)
	out.EndFrame(mark)
}

func encodeData(out *zkwire.Encoder, n *znode) {
	stat := n.wireStat()
	out.Buffer(n.data())
	out.Stat(&stat)
}

// serveSync answers sync (9): on one server every earlier write has been applied,
// and nothing is sent before it is durable, so it only echoes the path, even a null one.
func serveSync(s *state, r *request) {
	var q zkwire.PathRequest
	if q.Decode(&r.body); s.refuseUndecodable(r) {
		return
	}
	out, mark := s.startReply(r, zkwire.OK)
	if r.body.Err() != nil {
		out.Int(-1)
	} else {
		out.String(q.Path)
	}
	out.EndFrame(mark)
}
