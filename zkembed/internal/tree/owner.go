package tree

import (
	"iter"
	"maps"
	"math"
	"slices"

	"oakmoot/internal/zk/zkwire"
)

// Raw owners of nodes that are no ordinary ephemerals: EphemeralType.
const (
	OwnerNone      int64 = 0
	OwnerContainer int64 = math.MinInt64
	ttlMask        int64 = -1 << 56 // 0xff in the top byte
	ttlBits              = 40
	MaxTTL         int64 = 1<<ttlBits - 1 // milliseconds
)

// OwnerTTL is the raw owner of a node that may live so many milliseconds unchanged.
func OwnerTTL(ttl int64) int64 { return ttlMask | ttl }

// IsEphemeral reports whether a raw owner is a session.
func IsEphemeral(owner int64) bool {
	return owner != OwnerNone && owner != OwnerContainer && !IsTTL(owner)
}

// IsTTL reports whether a raw owner is that of a TTL node.
func IsTTL(owner int64) bool { return owner&ttlMask == ttlMask }

// Owners are the nodes that have a raw owner.
type Owners struct {
	ephemerals map[int64]map[*Node]struct{} // by owning session
	special    map[string]struct{}          // paths of containers and TTL nodes
	number     int                          // of ephemerals
}

func newOwners() Owners {
	return Owners{ephemerals: map[int64]map[*Node]struct{}{}, special: map[string]struct{}{}}
}

// add notes who keeps a node alive.
func (o *Owners) add(path string, n *Node) {
	owner := n.Owner()
	switch {
	case IsEphemeral(owner):
		if o.ephemerals[owner] == nil {
			o.ephemerals[owner] = map[*Node]struct{}{}
		}
		o.ephemerals[owner][n] = struct{}{}
		o.number++
	case owner != OwnerNone:
		o.special[path] = struct{}{}
	}
}

func (o *Owners) remove(path string, n *Node) {
	owner := n.Owner()
	switch {
	case IsEphemeral(owner):
		delete(o.ephemerals[owner], n)
		if len(o.ephemerals[owner]) == 0 {
			delete(o.ephemerals, owner)
		}
		o.number--
	case owner != OwnerNone:
		delete(o.special, path)
	}
}

// Of are the paths of a session's ephemerals, in no order.
func (o *Owners) Of(session zkwire.SessionID) iter.Seq[string] {
	return func(yield func(string) bool) {
		for n := range o.ephemerals[int64(session)] {
			if !yield(n.path()) {
				return
			}
		}
	}
}

// NumberOf is how many ephemerals a session has.
func (o *Owners) NumberOf(session zkwire.SessionID) int { return len(o.ephemerals[int64(session)]) }

// Len is how many ephemerals there are.
func (o *Owners) Len() int { return o.number }

// Sessions are those that have ephemerals, in order.
func (o *Owners) Sessions() []zkwire.SessionID {
	list := make([]zkwire.SessionID, 0, len(o.ephemerals))
	for _, owner := range slices.Sorted(maps.Keys(o.ephemerals)) {
		list = append(list, zkwire.SessionID(owner))
	}
	return list
}

// All yields every ephemeral with its session, in no order. The tree may change
// meanwhile: what comes or goes may or may not be yielded.
func (o *Owners) All() iter.Seq2[zkwire.SessionID, string] {
	return func(yield func(zkwire.SessionID, string) bool) {
		for owner, nodes := range o.ephemerals {
			for n := range nodes {
				if !yield(zkwire.SessionID(owner), n.path()) {
					return
				}
			}
		}
	}
}

// Abandoned are the containers that have lost their last child, and the TTL nodes
// without children that have not changed for their time, in order: ContainerManager.
func (t *Tree) Abandoned(now int64) []string {
	var paths []string
	for path := range t.Owners.special {
		n := t.Lookup(path)
		if n.Children() > 0 {
			continue
		}
		emptied := n.Owner() == OwnerContainer && n.Created() > 0
		if emptied || IsTTL(n.Owner()) && now-n.mtime > n.Owner()&MaxTTL {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return paths
}
