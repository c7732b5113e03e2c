package zkembed

import (
	"slices"
	"strings"

	"oakmoot/internal/zk/zkwire"
	"oakmoot/zkembed/internal/tree"
)

// prepareSetACL checks setACL (7); its version is compared with the ACL's own.
//
// Request: path, acl, version. Reply: the Stat.
// Errors, in this order: BadArguments, InvalidACL, NoNode, NoAuth (ADMIN), BadVersion.
// Watches: none.
func prepareSetACL(who *caller, _ zkwire.Op, d *zkwire.Decoder) (change, zkwire.Code) {
	var q zkwire.SetACLRequest
	if q.Decode(d); undecodable(d) {
		return change{}, zkwire.MarshallingError
	}
	if !tree.ValidPath(q.Path) {
		return change{}, zkwire.BadArguments
	}
	acl, code := who.rights.fix(q.ACL, who.ids)
	if code != zkwire.OK {
		return change{}, code
	}
	n, code := who.find(q.Path, zkwire.PermAdmin)
	if code == zkwire.OK && !matchesVersion(q.Version, n.Aversion()) {
		code = zkwire.BadVersion
	}
	if code != zkwire.OK {
		return change{}, code
	}
	return change{&tree.Effect{Kind: tree.SetACL, Path: q.Path, ACL: tree.InternACL(acl)}, replyStat}, zkwire.OK
}

// serveGetACL answers getACL (6). Whoever lacks ADMIN sees digests masked.
//
// Request: path. Reply: acl, Stat. Errors, in this order: NoNode, NoAuth (READ or ADMIN).
func serveGetACL(_ *state, r *request) zkwire.Code {
	n, _, code := r.named(zkwire.PermRead | zkwire.PermAdmin)
	if code != zkwire.OK {
		return code
	}
	acl := n.ACL()
	if !r.access().may(n, zkwire.PermAdmin) {
		acl = masked(acl)
	}
	out, mark := r.startReply()
	stat := n.Stat()
	out.ACLs(acl)
	out.Stat(&stat)
	out.EndFrame(mark)
	return zkwire.OK
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

// serveAuth answers auth (100): the connection gains an identity.
//
// Request: type (ignored), scheme, credential. Reply: nothing, with zxid 0.
// Errors: AuthFailed and a hang-up for any scheme but digest, ip and, with a certificate,
// x509. A request that does not decode is hung up on.
// The reply keeps its place among the others, while Apache's overtakes them: Kazoo
// takes it for the answer to its oldest request.
func serveAuth(s *state, r *request) zkwire.Code {
	var q zkwire.AuthRequest
	q.Decode(&r.body)
	proved := true
	switch {
	case r.body.Err() != nil:
		r.hangUp()
		return zkwire.OK
	case q.Scheme == "digest":
		id := digestID(string(q.Credential))
		r.conn.addID(id)
		if s.opts.SuperDigest != "" && id.ID == s.opts.SuperDigest {
			r.conn.addID(superID)
		}
	case q.Scheme == "ip": // the connection has it already
	case q.Scheme == schemeX509:
		proved = slices.ContainsFunc(r.conn.ids, func(id zkwire.ID) bool { return id.Scheme == schemeX509 })
	default:
		proved = false
	}
	if proved {
		r.replyAt(0, zkwire.OK)
	} else {
		r.failAuth(zkwire.AuthFailed)
	}
	return zkwire.OK
}

// failAuth answers that an identity is not proved, and hangs up.
func (r *request) failAuth(code zkwire.Code) {
	r.state.stats.authFailed++
	r.replyAt(0, code)
	r.hangUp()
}

func (c *conn) addID(id zkwire.ID) {
	if !slices.Contains(c.ids, id) {
		c.ids = append(slices.Clone(c.ids), id)
	}
}

// serveSASL answers sasl (102) as a server without SASL does: with a null token. A client
// that sends no token, or nothing that decodes, is hung up on.
func serveSASL(_ *state, r *request) zkwire.Code {
	if r.body.Buffer() == nil {
		r.hangUp()
		return zkwire.OK
	}
	out, mark := r.startReplyAt(0, zkwire.OK)
	out.Buffer(nil)
	out.EndFrame(mark)
	return zkwire.OK
}

// serveWhoAmI answers whoAmI (107): the connection's identities, a digest by its user's
// name only.
func serveWhoAmI(_ *state, r *request) zkwire.Code {
	var who zkwire.WhoAmIResponse
	for _, id := range r.conn.ids {
		if id.Scheme == "digest" {
			id.ID, _, _ = strings.Cut(id.ID, ":")
		}
		who.Clients = append(who.Clients, id)
	}
	out, mark := r.startReply()
	who.Encode(out)
	out.EndFrame(mark)
	return zkwire.OK
}
