package zkembed

import (
	"oakmoot/internal/zk/zkwire"
	"oakmoot/zkembed/internal/tree"
)

// prepareDelete checks delete (2): PrepRequestProcessor, case delete.
//
// Request: path, version. Reply: nothing.
// Errors, in this order: BadArguments (no "/", NUL, a built-in node), NoNode
// (parent), NoAuth (DELETE on the parent), NoNode, BadVersion, NotEmpty.
// Watches: NodeDeleted on the path, NodeChildrenChanged on the parent.
// Surprise: the node's own ACL does not matter.
func prepareDelete(who *caller, _ zkwire.Op, d *zkwire.Decoder) (change, zkwire.Code) {
	var q zkwire.VersionRequest
	if q.Decode(d); d.Err() != nil {
		return change{}, zkwire.MarshallingError
	}
	if !tree.PlausiblePath(q.Path) || tree.Builtin(q.Path) {
		return change{}, zkwire.BadArguments
	}
	parentPath, _ := tree.Split(q.Path)
	parent := who.tree.Lookup(parentPath)
	if parent == nil {
		return change{}, zkwire.NoNode
	}
	if !who.may(parent, zkwire.PermDelete) {
		return change{}, zkwire.NoAuth
	}
	n := who.tree.Lookup(q.Path)
	switch {
	case n == nil:
		return change{}, zkwire.NoNode
	case !matchesVersion(q.Version, n.Version()):
		return change{}, zkwire.BadVersion
	case n.Children() > 0:
		return change{}, zkwire.NotEmpty
	}
	return change{&tree.Effect{Kind: tree.Delete, Path: q.Path}, replyNothing}, zkwire.OK
}

// prepareDeleteContainer checks deleteContainer (20). Apache's server accepts it
// from clients without checking any ACL; ours requires what delete requires.
//
// Request: the path as a buffer. Reply: nothing.
// Errors, in this order: BadArguments, NoNode, NoAuth, NotEmpty, BadVersion (an
// ordinary ephemeral).
func prepareDeleteContainer(who *caller, _ zkwire.Op, d *zkwire.Decoder) (change, zkwire.Code) {
	var q zkwire.DeleteContainerRequest
	if q.Decode(d); d.Err() != nil {
		d.Fail() // a null path too
		return change{}, zkwire.MarshallingError
	}
	if !tree.PlausiblePath(q.Path) || tree.Builtin(q.Path) {
		return change{}, zkwire.BadArguments
	}
	parentPath, _ := tree.Split(q.Path)
	n, parent := who.tree.Lookup(q.Path), who.tree.Lookup(parentPath)
	switch {
	case n == nil || parent == nil:
		return change{}, zkwire.NoNode
	case !who.may(parent, zkwire.PermDelete):
		return change{}, zkwire.NoAuth
	case n.Children() > 0:
		return change{}, zkwire.NotEmpty
	case tree.IsEphemeral(n.Owner()):
		return change{}, zkwire.BadVersion
	}
	return change{&tree.Effect{Kind: tree.Delete, Path: q.Path}, replyNothing}, zkwire.OK
}

// reap deletes containers that have lost their last child, and TTL nodes whose time is up:
// ContainerManager. Each deletion is a transaction.
func (s *state) reap() {
	for _, path := range s.tree.Abandoned(s.clock.wall) {
		t := s.begin(0, zkwire.OpDeleteContainer)
		s.tree.Apply(t, &tree.Effect{Kind: tree.Delete, Path: path}, nil)
		s.commit(t)
	}
}
