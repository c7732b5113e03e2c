package zkembed

import (
	"fmt"

	"oakmoot/internal/zk/zkwire"
	"oakmoot/zkembed/internal/tree"
)

// prepareCreate checks create (1), create2 (15), createContainer (19) and createTTL
// (21): PrepRequestProcessor.pRequest2TxnCreate.
//
// Request: path, data, acl, flags; createTTL also ttl in milliseconds.
// Reply: create the path; the others the path and the Stat.
// Errors, in this order: Unimplemented (a TTL without extendedTypesEnabled), BadArguments
// (flags, ttl, path without "/" or with NUL), InvalidACL, NoNode (parent), NoAuth (CREATE
// on the parent), BadArguments (path), NodeExists, NoChildrenForEphemerals,
// QuotaExceeded. In a multi, unknown flags make the whole undecodable, and so do the flags
// of a TTL without one.
// Watches: NodeCreated on the path, NodeChildrenChanged on the parent.
// Surprise: the opcode decides on containers and TTLs, the flags on the rest; the
// whole path is validated only once the sequence number has been appended.
func prepareCreate(who *caller, op zkwire.Op, d *zkwire.Decoder) (change, zkwire.Code) {
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
	path, code := q.Path, zkwire.OK
	switch {
	case undecodable(d):
		code = zkwire.MarshallingError
	case hasTTL(q.Flags) && !who.opts.ExtendedTypes:
		code = zkwire.Unimplemented
	case !plausibleMode(op, q.Flags, q.TTL):
		code = zkwire.BadArguments
	case d.Err() != nil: // the path is null
		code = zkwire.MarshallingError
	case !tree.PlausiblePath(path):
		code = zkwire.BadArguments
	}
	var acl []zkwire.ACL
	if code == zkwire.OK {
		acl, code = who.rights.fix(q.ACL, who.ids)
	}
	if code == zkwire.OK {
		path, code = who.placeFor(path, q.Flags)
	}
	if code == zkwire.OK {
		code = who.underQuota(path, 1, int64(len(q.Data)))
	}
	if code != zkwire.OK {
		return change{}, code
	}
	e := &tree.Effect{Kind: tree.Create, Path: path, Data: q.Data, ACL: tree.InternACL(acl), Owner: ownerFor(who, op, q.Flags, q.TTL)}
	shape := replyPathStat
	if op == zkwire.OpCreate {
		shape = replyPath
	}
	return change{e, shape}, zkwire.OK
}

// spoils reports whether flags make a multi undecodable: Op.Create accepts no unknown
// ones, nor those of a TTL without one.
func spoils(op zkwire.Op, flags int32) bool {
	if flags < zkwire.FlagPersistent || flags > zkwire.FlagSequentialTTL {
		return true
	}
	return hasTTL(flags) && op != zkwire.OpCreateTTL
}

func hasTTL(flags int32) bool { return flags == zkwire.FlagTTL || flags == zkwire.FlagSequentialTTL }

// placeFor finds where the node goes: its final path, or why it cannot be there.
func (who *caller) placeFor(path string, flags int32) (place string, code zkwire.Code) {
	parent, _ := who.tree.Parent(path)
	if parent != nil && isSequential(flags) {
		path += fmt.Sprintf("%010d", parent.Created())
	}
	switch {
	case parent == nil:
		code = zkwire.NoNode
	case !who.may(parent, zkwire.PermCreate):
		code = zkwire.NoAuth
	case !tree.ValidPath(path):
		code = zkwire.BadArguments
	case who.tree.Near(path) != nil:
		code = zkwire.NodeExists
	case tree.IsEphemeral(parent.Owner()):
		code = zkwire.NoChildrenForEphemerals
	}
	return path, code
}

// plausibleMode reports whether opcode, flags and ttl go together.
func plausibleMode(op zkwire.Op, flags int32, ttl int64) bool {
	switch flags {
	case zkwire.FlagPersistent, zkwire.FlagEphemeral, zkwire.FlagSequential, zkwire.FlagEphemeralSequential, zkwire.FlagContainer:
		return op != zkwire.OpCreateTTL
	case zkwire.FlagTTL, zkwire.FlagSequentialTTL:
		return op == zkwire.OpCreateTTL && ttl >= 1 && ttl <= tree.MaxTTL
	}
	return false
}

func isSequential(flags int32) bool {
	return flags == zkwire.FlagSequential || flags == zkwire.FlagEphemeralSequential || flags == zkwire.FlagSequentialTTL
}

// ownerFor is the raw owner of the new node.
func ownerFor(who *caller, op zkwire.Op, flags int32, ttl int64) int64 {
	switch {
	case op == zkwire.OpCreateContainer:
		return tree.OwnerContainer
	case op == zkwire.OpCreateTTL:
		return tree.OwnerTTL(ttl)
	case flags == zkwire.FlagEphemeral || flags == zkwire.FlagEphemeralSequential:
		return int64(who.session)
	}
	return tree.OwnerNone
}
