package zkembed

import "oakmoot/internal/zk/zkwire"

// prepareDelete checks delete (2): PrepRequestProcessor, case delete.
//
// Request: path, version. Reply: nothing.
// Errors, in this order: BadArguments (no "/", NUL, a built-in node), NoNode
// (parent), NoAuth (DELETE on the parent), NoNode, BadVersion, NotEmpty.
// Watches: NodeDeleted on the path, NodeChildrenChanged on the parent.
// Surprise: the node's own ACL does not matter.
func prepareDelete(s *state, who *caller, _ zkwire.Op, d *zkwire.Decoder) (change, zkwire.Code) {
	var q zkwire.VersionRequest
	if q.Decode(d); d.Err() != nil {
		return change{}, zkwire.MarshallingError
	}
	if !plausiblePath(q.Path) || builtin[q.Path] {
		return change{}, zkwire.BadArguments
	}
	parentPath, _ := split(q.Path)
	parent := s.tree.lookup(parentPath)
	if parent == nil {
		return change{}, zkwire.NoNode
	}
	if !s.permitted(parent.acl(), zkwire.PermDelete, who.ids) {
		return change{}, zkwire.NoAuth
	}
	n := s.tree.lookup(q.Path)
	switch {
	case n == nil:
		return change{}, zkwire.NoNode
	case !matchesVersion(q.Version, n.version):
		return change{}, zkwire.BadVersion
	case n.children().len() > 0:
		return change{}, zkwire.NotEmpty
	}
	return change{&effect{kind: effectDelete, path: q.Path}, replyNothing}, zkwire.OK
}

// prepareDeleteContainer checks deleteContainer (20). Apache's server accepts it
// from clients without looking at any ACL; ours asks for what delete asks.
//
// Request: the path as a buffer. Reply: nothing.
// Errors, in this order: BadArguments, NoNode, NoAuth, NotEmpty, BadVersion (an
// ordinary ephemeral).
func prepareDeleteContainer(s *state, who *caller, _ zkwire.Op, d *zkwire.Decoder) (change, zkwire.Code) {
	var q zkwire.DeleteContainerRequest
	if q.Decode(d); d.Err() != nil {
		d.Fail() // a null path too
		return change{}, zkwire.MarshallingError
	}
	if !plausiblePath(q.Path) || builtin[q.Path] {
		return change{}, zkwire.BadArguments
	}
	parentPath, _ := split(q.Path)
	n, parent := s.tree.lookup(q.Path), s.tree.lookup(parentPath)
	switch {
	case n == nil || parent == nil:
		return change{}, zkwire.NoNode
	case !s.permitted(parent.acl(), zkwire.PermDelete, who.ids):
		return change{}, zkwire.NoAuth
	case n.children().len() > 0:
		return change{}, zkwire.NotEmpty
	case isEphemeral(n.owner()):
		return change{}, zkwire.BadVersion
	}
	return change{&effect{kind: effectDelete, path: q.Path}, replyNothing}, zkwire.OK
}

// reap deletes containers that have lost their last child, and TTL nodes that
// nobody has touched for their time: ContainerManager. Each is a transaction.
func (s *state) reap() {
	for _, path := range s.tree.abandoned(s.wall) {
		t := s.begin(0, zkwire.OpDeleteContainer)
		e := &effect{kind: effectDelete, path: path}
		s.apply(t, e, nil)
		s.commit(t)
		s.fireFor(e, t.zxid)
	}
}
