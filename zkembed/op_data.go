package zkembed

import (
	"slices"
	"strings"

	"oakmoot/internal/zkwire"
)

// prepareSetData checks setData (5).
//
// Request: path, data, version. Reply: the new Stat.
// Errors, in this order: BadArguments, NoNode, NoAuth (WRITE), BadVersion.
// Watches: NodeDataChanged.
func prepareSetData(s *state, who *caller, _ zkwire.Op, d *zkwire.Decoder) (change, zkwire.Code) {
	path, data, version := d.String(), d.Buffer(), d.Int()
	if d.Err() != nil {
		return change{}, zkwire.MarshallingError
	}
	n, code := s.writable(path, zkwire.PermWrite, who)
	if code != zkwire.OK {
		return change{}, code
	}
	if version != -1 && version != n.stat.version {
		return change{}, zkwire.BadVersion
	}
	return change{&effect{kind: effectSetData, path: path, data: clone(data)}, replyStat}, zkwire.OK
}

// prepareSetACL checks setACL (7); its version is compared with the ACL's own.
//
// Request: path, acl, version. Reply: the Stat.
// Errors, in this order: BadArguments, InvalidACL, NoNode, NoAuth (ADMIN), BadVersion.
// Watches: none.
func prepareSetACL(s *state, who *caller, _ zkwire.Op, d *zkwire.Decoder) (change, zkwire.Code) {
	path, acl, version := d.String(), d.ACLs(), d.Int()
	if d.Err() != nil {
		return change{}, zkwire.MarshallingError
	}
	if !validPath(path) {
		return change{}, zkwire.BadArguments
	}
	acl, code := fixACL(acl, who.ids)
	if code != zkwire.OK {
		return change{}, code
	}
	n, code := s.writable(path, zkwire.PermAdmin, who)
	if code != zkwire.OK {
		return change{}, code
	}
	if version != -1 && version != n.stat.aversion {
		return change{}, zkwire.BadVersion
	}
	return change{&effect{kind: effectSetACL, path: path, acl: acl}, replyStat}, zkwire.OK
}

// prepareCheck checks check (13), which only a multi may hold.
//
// Request: path, version. Errors, in this order: BadArguments, NoNode, NoAuth
// (READ), BadVersion.
func prepareCheck(s *state, who *caller, _ zkwire.Op, d *zkwire.Decoder) (change, zkwire.Code) {
	path, version := d.String(), d.Int()
	if d.Err() != nil {
		return change{}, zkwire.MarshallingError
	}
	n, code := s.writable(path, zkwire.PermRead, who)
	if code != zkwire.OK {
		return change{}, code
	}
	if version != -1 && version != n.stat.version {
		return change{}, zkwire.BadVersion
	}
	return change{nil, replyNothing}, zkwire.OK
}

// writable finds a node by a path that is validated in full first.
func (s *state) writable(path string, wanted zkwire.Perm, who *caller) (*znode, zkwire.Code) {
	if !validPath(path) {
		return nil, zkwire.BadArguments
	}
	return s.readable(path, wanted, who.ids)
}

// readable finds a node that the identities may use.
func (s *state) readable(path string, wanted zkwire.Perm, ids []zkwire.ID) (*znode, zkwire.Code) {
	n := s.tree.lookup(path)
	if n == nil {
		return nil, zkwire.NoNode
	}
	if !permitted(n.acl, wanted, ids) {
		return nil, zkwire.NoAuth
	}
	return n, zkwire.OK
}

// serveExists answers exists (3). A watch is set also on a node that is missing.
//
// Request: path, watch. Reply: Stat.
// Errors, in this order: BadArguments (NUL), NoAuth (READ), NoNode.
func serveExists(s *state, r *request) {
	d := zkwire.NewDecoder(r.body)
	path, watch := d.String(), d.Bool()
	if d.Err() != nil {
		s.replyError(r, zkwire.MarshallingError)
		return
	}
	if strings.Contains(path, "\x00") {
		s.replyError(r, zkwire.BadArguments)
		return
	}
	n, code := s.readable(path, zkwire.PermRead, r.conn.ids)
	if code == zkwire.NoAuth {
		s.replyError(r, code)
		return
	}
	if watch {
		s.data.add(path, r.conn, watchOnce)
	}
	if n == nil {
		s.replyError(r, zkwire.NoNode)
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
	d := zkwire.NewDecoder(r.body)
	path, watch := d.String(), d.Bool()
	if d.Err() != nil {
		s.replyError(r, zkwire.MarshallingError)
		return
	}
	n, code := s.readable(path, zkwire.PermRead, r.conn.ids)
	if code != zkwire.OK {
		s.replyError(r, code)
		return
	}
	if watch {
		s.data.add(rooted(path), r.conn, watchOnce)
	}
	out, mark := s.startReply(r, zkwire.OK)
	stat := n.wireStat()
	out.Buffer(n.data)
	out.Stat(&stat)
	out.EndFrame(mark)
}

// rooted is the path under which a node is kept: "" is the root.
func rooted(path string) string {
	if path == "" {
		return "/"
	}
	return path
}

// serveGetACL answers getACL (6). Whoever lacks ADMIN sees digests masked.
//
// Request: path. Reply: acl, Stat. Errors, in this order: NoNode, NoAuth (READ or ADMIN).
func serveGetACL(s *state, r *request) {
	d := zkwire.NewDecoder(r.body)
	path := d.String()
	if d.Err() != nil {
		s.replyError(r, zkwire.MarshallingError)
		return
	}
	n, code := s.readable(path, zkwire.PermRead|zkwire.PermAdmin, r.conn.ids)
	if code != zkwire.OK {
		s.replyError(r, code)
		return
	}
	acl := n.acl
	if !permitted(acl, zkwire.PermAdmin, r.conn.ids) {
		acl = masked(acl)
	}
	out, mark := s.startReply(r, zkwire.OK)
	stat := n.wireStat()
	out.ACLs(acl)
	out.Stat(&stat)
	out.EndFrame(mark)
}

func masked(acl []zkwire.ACL) []zkwire.ACL {
	acl = slices.Clone(acl)
	for i, a := range acl {
		if user, _, ok := strings.Cut(a.ID.ID, ":"); ok && a.ID.Scheme == "digest" {
			acl[i].ID.ID = user + ":x"
		}
	}
	return acl
}

// serveSync answers sync (9): on one server every earlier write has been applied,
// and nothing is sent before it is durable, so it only echoes the path.
func serveSync(s *state, r *request) {
	d := zkwire.NewDecoder(r.body)
	path := d.String()
	if d.Err() != nil {
		s.replyError(r, zkwire.MarshallingError)
		return
	}
	out, mark := s.startReply(r, zkwire.OK)
	out.String(path)
	out.EndFrame(mark)
}
