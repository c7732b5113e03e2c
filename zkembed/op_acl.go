package zkembed

import (
	"slices"
	"strings"

	"oakmoot/internal/zk/zkwire"
)

// prepareSetACL checks setACL (7); its version is compared with the ACL's own.
//
// Request: path, acl, version. Reply: the Stat.
// Errors, in this order: BadArguments, InvalidACL, NoNode, NoAuth (ADMIN), BadVersion.
// Watches: none.
func prepareSetACL(s *state, who *caller, _ zkwire.Op, d *zkwire.Decoder) (change, zkwire.Code) {
	var q zkwire.SetACLRequest
	if q.Decode(d); undecodable(d) {
		return change{}, zkwire.MarshallingError
	}
	if !validPath(q.Path) {
		return change{}, zkwire.BadArguments
	}
	acl, code := s.fixACL(q.ACL, who.ids)
	if code != zkwire.OK {
		return change{}, code
	}
	n, code := s.readable(q.Path, zkwire.PermAdmin, who.ids)
	if code != zkwire.OK {
		return change{}, code
	}
	if !matchesVersion(q.Version, n.aversion()) {
		return change{}, zkwire.BadVersion
	}
	return change{&effect{kind: effectSetACL, path: q.Path, acl: internACL(acl)}, replyStat}, zkwire.OK
}

// serveGetACL answers getACL (6). Whoever lacks ADMIN sees digests masked.
//
// Request: path. Reply: acl, Stat. Errors, in this order: NoNode, NoAuth (READ or ADMIN).
func serveGetACL(s *state, r *request) {
	var q zkwire.PathRequest
	if q.Decode(&r.body); s.malformed(r) {
		return
	}
	n, code := s.readable(q.Path, zkwire.PermRead|zkwire.PermAdmin, r.conn.ids)
	if code != zkwire.OK {
		s.reply(r, code)
		return
	}
	acl := n.acl()
	if !s.permitted(acl, zkwire.PermAdmin, r.conn.ids) {
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

// serveAuth answers auth (100): the connection gains an identity.
//
// Request: type (ignored), scheme, credential. Reply: nothing, with zxid 0.
// Errors: AuthFailed for another scheme than digest, ip and, with a certificate,
// x509, and a hang-up. What does not decode is hung up on.
// The reply keeps its place among the others, where Apache's overtakes them: Kazoo
// takes it for the answer to its oldest request.
func serveAuth(s *state, r *request) {
	var q zkwire.AuthRequest
	if q.Decode(&r.body); r.body.Err() != nil {
		s.hangUp(r.conn)
		return
	}
	switch q.Scheme {
	case "digest":
		id := digestID(string(q.Credential))
		r.conn.addID(id)
		if s.opts.SuperDigest != "" && id.ID == s.opts.SuperDigest {
			r.conn.addID(superID)
		}
	case "ip": // the connection has it already
	case schemeX509:
		if !slices.ContainsFunc(r.conn.ids, func(id zkwire.ID) bool { return id.Scheme == schemeX509 }) {
			s.failAuth(r)
			return
		}
	default:
		s.failAuth(r)
		return
	}
	s.replyAt(r, 0, zkwire.OK)
}

func (s *state) failAuth(r *request) {
	s.stats.authFailed++
	s.replyAt(r, 0, zkwire.AuthFailed)
	s.hangUp(r.conn)
}

func (c *conn) addID(id zkwire.ID) {
	if !slices.Contains(c.ids, id) {
		c.ids = append(slices.Clone(c.ids), id)
	}
}

// serveSASL answers sasl (102) as a server without SASL does: a null token. Who sends
// no token, or nothing that decodes, is hung up on.
func serveSASL(s *state, r *request) {
	if r.body.Buffer() == nil {
		s.hangUp(r.conn)
		return
	}
	out, mark := s.startReplyAt(r, 0, zkwire.OK)
	out.Buffer(nil)
	out.EndFrame(mark)
}

// serveWhoAmI answers whoAmI (107): the connection's identities, of a digest only
// the user's name.
func serveWhoAmI(s *state, r *request) {
	var who zkwire.WhoAmIResponse
	for _, id := range r.conn.ids {
		if id.Scheme == "digest" {
			id.ID, _, _ = strings.Cut(id.ID, ":")
		}
		who.Clients = append(who.Clients, id)
	}
	out, mark := s.startReply(r, zkwire.OK)
	who.Encode(out)
	out.EndFrame(mark)
}
