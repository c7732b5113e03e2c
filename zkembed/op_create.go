package zkembed

import (
	"fmt"

	"oakmoot/internal/zkwire"
)

// prepareCreate checks create (1), create2 (15), createContainer (19) and createTTL
// (21): PrepRequestProcessor.pRequest2TxnCreate.
//
// Request: path, data, acl, flags; createTTL also ttl in milliseconds.
// Reply: create the path; the others the path and the Stat.
// Errors, in this order: BadArguments (flags, ttl, path without "/" or with NUL),
// InvalidACL, NoNode (parent), NoAuth (CREATE on the parent), BadArguments (path),
// NodeExists, NoChildrenForEphemerals.
// Watches: NodeCreated on the path, NodeChildrenChanged on the parent.
// Surprise: the opcode decides on containers and TTLs, the flags on the rest; the
// whole path is validated only after the sequence number was appended.
func prepareCreate(s *state, who *caller, op zkwire.Op, d *zkwire.Decoder) (change, zkwire.Code) {
	path, data, acl, flags := d.String(), d.Buffer(), d.ACLs(), d.Int()
	ttl := int64(-1)
	if op == zkwire.OpCreateTTL {
		ttl = d.Long()
	}
	if d.Err() != nil {
		return change{}, zkwire.MarshallingError
	}
	if !plausibleFlags(op, flags, ttl) || !plausiblePath(path) {
		return change{}, zkwire.BadArguments
	}
	acl, code := fixACL(acl, who.ids)
	if code != zkwire.OK {
		return change{}, code
	}
	path, code = s.placeFor(who, path, flags)
	if code != zkwire.OK {
		return change{}, code
	}
	e := &effect{kind: effectCreate, path: path, data: clone(data), acl: acl, owner: ownerFor(who, op, flags, ttl)}
	shape := replyPathStat
	if op == zkwire.OpCreate {
		shape = replyPath
	}
	return change{e, shape}, zkwire.OK
}

// placeFor finds where the node goes: its final path, or why it cannot be there.
func (s *state) placeFor(who *caller, path string, flags int32) (string, zkwire.Code) {
	parentPath, _ := split(path)
	parent := s.tree.lookup(parentPath)
	if parent == nil {
		return "", zkwire.NoNode
	}
	if !permitted(parent.acl, zkwire.PermCreate, who.ids) {
		return "", zkwire.NoAuth
	}
	if isSequential(flags) {
		path += fmt.Sprintf("%010d", parent.stat.created)
	}
	switch {
	case !validPath(path):
		return "", zkwire.BadArguments
	case s.tree.nodes[path] != nil:
		return "", zkwire.NodeExists
	case isEphemeral(parent.stat.owner):
		return "", zkwire.NoChildrenForEphemerals
	}
	return path, zkwire.OK
}

func plausibleFlags(op zkwire.Op, flags int32, ttl int64) bool {
	if flags < zkwire.FlagPersistent || flags > zkwire.FlagSequentialTTL {
		return false
	}
	if flags == zkwire.FlagTTL || flags == zkwire.FlagSequentialTTL {
		return op == zkwire.OpCreateTTL && ttl >= 1 && ttl <= maxTTL
	}
	return op != zkwire.OpCreateTTL
}

func isSequential(flags int32) bool {
	return flags == zkwire.FlagSequential || flags == zkwire.FlagEphemeralSequential || flags == zkwire.FlagSequentialTTL
}

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
