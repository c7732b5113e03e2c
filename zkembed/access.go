package zkembed

import (
	"oakmoot/internal/zk/zkwire"
	"oakmoot/zkembed/internal/tree"
)

// access is the tree with what a holder of some identities may do to it.
type access struct {
	tree   *tree.Tree
	rights rights
	ids    []zkwire.ID
}

// find finds a node that the identities may use. Errors, in this order: NoNode, NoAuth.
func (a access) find(path string, wanted zkwire.Perm) (*tree.Node, zkwire.Code) {
	n := a.tree.Lookup(path)
	if n == nil {
		return nil, zkwire.NoNode
	}
	if !a.may(n, wanted) {
		return nil, zkwire.NoAuth
	}
	return n, zkwire.OK
}

// findValid validates the path in full before find: BadArguments.
func (a access) findValid(path string, wanted zkwire.Perm) (*tree.Node, zkwire.Code) {
	if !tree.ValidPath(path) {
		return nil, zkwire.BadArguments
	}
	return a.find(path, wanted)
}

// may reports whether one of the identities has one of the wanted permissions.
func (a access) may(n *tree.Node, wanted zkwire.Perm) bool {
	return a.rights.permit(n.ACL(), wanted, a.ids)
}

// caller is on whose behalf a change is made.
type caller struct {
	access
	opts    *Options
	session zkwire.SessionID
	multi   bool              // as part of a multi, where some mistakes spoil the whole
	quotas  tree.FrozenQuotas // of a multi: as they were before it began
}

// underQuota checks what a change would add to the use of its quota:
// ZooKeeperServer.checkQuota, which looks at what has been applied, and at nothing of
// the same multi.
func (who *caller) underQuota(path string, count, bytes int64) zkwire.Code {
	if who.opts.EnforceQuota {
		over := who.tree.Quotas.Over
		if who.multi {
			over = who.quotas.Over
		}
		if q, ok := over(path); ok && q.Exceeded(count, bytes) {
			return zkwire.QuotaExceeded
		}
	}
	return zkwire.OK
}
