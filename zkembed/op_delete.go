package zkembed

import "oakmoot/internal/zkwire"

// prepareDelete checks delete (2): PrepRequestProcessor, case delete.
//
// Request: path, version. Reply: nothing.
// Errors, in this order: BadArguments (no "/", NUL, a built-in node), NoNode
// (parent), NoAuth (DELETE on the parent), NoNode, BadVersion, NotEmpty.
// Watches: NodeDeleted on the path, NodeChildrenChanged on the parent.
// Surprise: the node's own ACL does not matter.
func prepareDelete(s *state, who *caller, _ zkwire.Op, d *zkwire.Decoder) (change, zkwire.Code) {
	path, version := d.String(), d.Int()
	if d.Err() != nil {
		return change{}, zkwire.MarshallingError
	}
	if !plausiblePath(path) || builtin[path] {
		return change{}, zkwire.BadArguments
	}
	parentPath, _ := split(path)
	parent := s.tree.lookup(parentPath)
	if parent == nil {
		return change{}, zkwire.NoNode
	}
	if !permitted(parent.acl, zkwire.PermDelete, who.ids) {
		return change{}, zkwire.NoAuth
	}
	n := s.tree.nodes[path]
	switch {
	case n == nil:
		return change{}, zkwire.NoNode
	case version != -1 && version != n.stat.version:
		return change{}, zkwire.BadVersion
	case len(n.children) > 0:
		return change{}, zkwire.NotEmpty
	}
	return change{&effect{kind: effectDelete, path: path}, replyNothing}, zkwire.OK
}

// prepareDeleteContainer checks deleteContainer (20). Apache's server accepts it
// from clients without looking at any ACL; ours asks for what delete asks.
//
// Request: the path as a buffer. Reply: nothing.
// Errors, in this order: BadArguments, NoNode, NoAuth, NotEmpty, BadVersion (an
// ordinary ephemeral).
func prepareDeleteContainer(s *state, who *caller, _ zkwire.Op, d *zkwire.Decoder) (change, zkwire.Code) {
	path := string(d.Buffer())
	if d.Err() != nil {
		return change{}, zkwire.MarshallingError
	}
	if !plausiblePath(path) || builtin[path] {
		return change{}, zkwire.BadArguments
	}
	parentPath, _ := split(path)
	n, parent := s.tree.nodes[path], s.tree.lookup(parentPath)
	switch {
	case n == nil || parent == nil:
		return change{}, zkwire.NoNode
	case !permitted(parent.acl, zkwire.PermDelete, who.ids):
		return change{}, zkwire.NoAuth
	case len(n.children) > 0:
		return change{}, zkwire.NotEmpty
	case isEphemeral(n.stat.owner):
		return change{}, zkwire.BadVersion
	}
	return change{&effect{kind: effectDelete, path: path}, replyNothing}, zkwire.OK
}
