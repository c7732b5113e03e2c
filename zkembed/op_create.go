package zkembed

import (
	"fmt"

	"oakmoot/internal/zk/zkwire"
)

// prepareCreate checks create (1), create2 (15), createContainer (19) and createTTL
// (21): PrepRequestProcessor.pRequest2TxnCreate.
//
// Request: path, data, acl, flags; createTTL also ttl in milliseconds.
// Reply: create the path; the others the path and the Stat.
// Errors, in this order: BadArguments (flags), Unimplemented (a TTL without
// extendedTypesEnabled), BadArguments (ttl, path without "/" or with NUL), InvalidACL, NoNode (parent), NoAuth (CREATE on the parent), BadArguments (path),
// NodeExists, NoChildrenForEphemerals, QuotaExceeded. In a multi, unknown flags
// spoil the whole, and so do those of a TTL without one.
// Watches: NodeCreated on the path, NodeChildrenChanged on the parent.
// Surprise: the opcode decides on containers and TTLs, the flags on the rest; the
// whole path is validated only after the sequence number was appended.
func prepareCreate(s *state, who *caller, op zkwire.Op, d *zkwire.Decoder) (change, zkwire.Code) {
	q := zkwire.CreateTTLRequest{TTL: -1}
	if op == zkwire.OpCreateTTL {
		q.Decode(d)
	} else {
		q.CreateRequest.Decode(d)
	}
	if who.multi && spoils(op, q.Flags) {
		d.Fail()
	}
	if who.multi && q.Flags == zkwire.FlagContainer {
		op = zkwire.OpCreateContainer // Op.Create goes by the flags
	}
	switch {
	case undecodable(d):
		return change{}, zkwire.MarshallingError
	case hasTTL(q.Flags) && !s.opts.ExtendedTypes:
		return change{}, zkwire.Unimplemented
	case !plausibleMode(op, q.Flags, q.TTL):
		return change{}, zkwire.BadArguments
	case d.Err() != nil: // the path is null
		return change{}, zkwire.MarshallingError
	case !plausiblePath(q.Path):
		return change{}, zkwire.BadArguments
	}
	acl, code := s.fixACL(q.ACL, who.ids)
	if code != zkwire.OK {
		return change{}, code
	}
	path, code := s.placeFor(who, q.Path, q.Flags)
	if code == zkwire.OK {
		code = s.underQuota(who, path, 1, int64(len(q.Data)))
	}
	if code != zkwire.OK {
		return change{}, code
	}
	e := &effect{kind: effectCreate, path: path, data: q.Data, acl: internACL(acl), owner: ownerFor(who, op, q.Flags, q.TTL)}
	shape := replyPathStat
	if op == zkwire.OpCreate {
		shape = replyPath
	}
	return change{e, shape}, zkwire.OK
}

// spoils tells whether flags make a multi undecodable: Op.Create cannot be made of
// unknown ones, nor of those of a TTL without one.
func spoils(op zkwire.Op, flags int32) bool {
	if flags < zkwire.FlagPersistent || flags > zkwire.FlagSequentialTTL {
		return true
	}
	return hasTTL(flags) && op != zkwire.OpCreateTTL
}

func hasTTL(flags int32) bool { return flags == zkwire.FlagTTL || flags == zkwire.FlagSequentialTTL }

// placeFor finds where the node goes: its final path, or why it cannot be there.
func (s *state) placeFor(who *caller, path string, flags int32) (string, zkwire.Code) {
	parent, _ := s.tree.parentOf(path)
	if parent == nil {
		return "", zkwire.NoNode
	}
	if !s.permitted(parent.acl(), zkwire.PermCreate, who.ids) {
		return "", zkwire.NoAuth
	}
	if isSequential(flags) {
		path += fmt.Sprintf("%010d", parent.created())
	}
	switch {
	case !validPath(path):
		return "", zkwire.BadArguments
	case s.tree.near(path) != nil:
		return "", zkwire.NodeExists
	case isEphemeral(parent.owner()):
		return "", zkwire.NoChildrenForEphemerals
	}
	return path, zkwire.OK
}

// plausibleMode tells whether opcode, flags and ttl go together.
func plausibleMode(op zkwire.Op, flags int32, ttl int64) bool {
	switch flags {
	case zkwire.FlagPersistent, zkwire.FlagEphemeral, zkwire.FlagSequential, zkwire.FlagEphemeralSequential, zkwire.FlagContainer:
		return op != zkwire.OpCreateTTL
	case zkwire.FlagTTL, zkwire.FlagSequentialTTL:
		return op == zkwire.OpCreateTTL && ttl >= 1 && ttl <= maxTTL
	}
	return false
}

func isSequential(flags int32) bool {
	return flags == zkwire.FlagSequential || flags == zkwire.FlagEphemeralSequential || flags == zkwire.FlagSequentialTTL
}

// ownerFor is the raw owner of the node to be.
func ownerFor(who *caller, op zkwire.Op, flags int32, ttl int64) int64 {
	switch {
	case op == zkwire.OpCreateContainer:
		return ownerContainer
	case op == zkwire.OpCreateTTL:
		return ownerTTLMask | ttl
	case flags == zkwire.FlagEphemeral || flags == zkwire.FlagEphemeralSequential:
		return int64(who.session)
	}
	return ownerNone
}
