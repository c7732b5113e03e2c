package zkembed

import (
	"math"

	"oakmoot/internal/zkwire"
)

// Raw owners of nodes that are no ordinary ephemerals: EphemeralType.
const (
	ownerNone      int64 = 0
	ownerContainer int64 = math.MinInt64
	ownerTTLMask   int64 = -1 << 56 // 0xff in the top byte
	ttlBits              = 40
	maxTTL         int64 = 1<<ttlBits - 1
)

// isEphemeral tells an ordinary ephemeral from containers, TTL and plain nodes.
func isEphemeral(owner int64) bool {
	return owner != ownerNone && owner != ownerContainer && !isTTL(owner)
}

func isTTL(owner int64) bool { return owner&ownerTTLMask == ownerTTLMask }

// znode is a node of the tree: DataNode.
type znode struct {
	data     []byte
	acl      []zkwire.ACL
	children *nameSet // nil without any
	stat     persistedStat
}

// persistedStat is what is kept of a node's Stat; the rest is computed.
type persistedStat struct {
	czxid, mzxid, pzxid zkwire.Zxid
	ctime, mtime        int64
	version, aversion   int32
	created             int32 // children ever created: the source of sequence numbers
	owner               int64 // raw
}

// wireStat is the node's Stat as clients see it: DataNode.copyStat.
func (n *znode) wireStat() zkwire.Stat {
	count := int32(n.children.len())
	s := zkwire.Stat{
		Czxid: n.stat.czxid, Mzxid: n.stat.mzxid, Pzxid: n.stat.pzxid, Ctime: n.stat.ctime, Mtime: n.stat.mtime,
		Version: zkwire.Version(n.stat.version), Aversion: zkwire.Version(n.stat.aversion),
		Cversion:   zkwire.Version(2*n.stat.created - count),
		DataLength: int32(len(n.data)), NumChildren: count,
	}
	if isEphemeral(n.stat.owner) {
		s.EphemeralOwner = zkwire.SessionID(n.stat.owner)
	}
	return s
}

// nameSet is a node's children. Their order changes with changes only, so that two
// readers of the same children see the same list.
type nameSet struct {
	list  []string
	index map[string]int // where each lies, once there are more than a few
}

// indexFrom is how many names are looked through one by one.
const indexFrom = 8

func (s *nameSet) len() int {
	if s == nil {
		return 0
	}
	return len(s.list)
}

// names are the names; the caller must not keep or change them.
func (s *nameSet) names() []string {
	if s == nil {
		return nil
	}
	return s.list
}

// add adds a name that is not there.
func (s *nameSet) add(name string) {
	s.list = append(s.list, name)
	switch {
	case s.index != nil:
		s.index[name] = len(s.list) - 1
	case len(s.list) > indexFrom:
		s.index = make(map[string]int, 2*indexFrom)
		for i, n := range s.list {
			s.index[n] = i
		}
	}
}

// remove removes a name that is there; the last name takes its place.
func (s *nameSet) remove(name string) {
	i, last := s.find(name), len(s.list)-1
	moved := s.list[last]
	s.list[i], s.list[last] = moved, ""
	s.list = s.list[:last]
	if s.index != nil {
		s.index[moved] = i
		delete(s.index, name)
	}
}

func (s *nameSet) find(name string) int {
	if s.index != nil {
		return s.index[name]
	}
	for i, n := range s.list {
		if n == name {
			return i
		}
	}
	panic("zkembed: no child of the name " + name)
}
