package zkembed

import (
	"math"
	"unsafe"

	"oakmoot/internal/zk/zkwire"
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

// znode is a node of the tree: DataNode. There may be a million, so it is small:
// name and data are one piece of memory, and what most nodes do not have is in more.
type znode struct {
	blob         string // the name, then the data
	more         *moreOfNode
	czxid, mzxid zkwire.Zxid
	ctime, mtime int64 // milliseconds since the epoch
	version      int32
	bits         uint32 // how long the name is, and the two flags below
}

// Flags of a node.
const (
	nodeNull   uint32 = 1 << 31 // the data is null, not empty
	nodeSaved  uint32 = 1 << 30 // against tree.saved: in the snapshot under way, or newer than it
	nameLength        = nodeSaved - 1
)

// moreOfNode is what nodes have that were parents, are ephemerals, containers or TTL
// nodes, or are not open to everybody.
type moreOfNode struct {
	kids     kids
	pzxid    zkwire.Zxid
	created  int32 // children ever created: the source of sequence numbers
	aversion int32
	owner    int64        // raw
	acl      []zkwire.ACL // nil is zkwire.OpenACL
}

// newNode is a node without children.
func newNode(name string, data []byte, acl []zkwire.ACL, owner int64) *znode {
	n := &znode{}
	n.setBlob(name, data)
	if owner != ownerNone || !isOpen(acl) {
		m := n.extended()
		m.owner, m.acl = owner, acl
	}
	return n
}

// setBlob sets name and data.
func (n *znode) setBlob(name string, data []byte) {
	b := append(append(make([]byte, 0, len(name)+len(data)), name...), data...)
	n.blob = unsafe.String(unsafe.SliceData(b), len(b)) // nobody else has b
	n.bits = n.bits&nodeSaved | uint32(len(name))
	if data == nil {
		n.bits |= nodeNull
	}
}

func (n *znode) name() string { return n.blob[:n.bits&nameLength] }

// data is the node's data, nil when it is null; nobody may change it.
func (n *znode) data() []byte {
	if n.bits&nodeNull != 0 {
		return nil
	}
	s := n.blob[n.bits&nameLength:]
	if s == "" {
		return []byte{}
	}
	return unsafe.Slice(unsafe.StringData(s), len(s)) // read only, as the string is
}

func (n *znode) size() int { return len(n.blob) - int(n.bits&nameLength) }

// extended gives the node more when it has none.
func (n *znode) extended() *moreOfNode {
	if n.more == nil {
		n.more = &moreOfNode{pzxid: n.czxid}
	}
	return n.more
}

func (n *znode) children() *kids {
	if n.more == nil {
		return nil
	}
	return &n.more.kids
}

func (n *znode) owner() int64 {
	if n.more == nil {
		return ownerNone
	}
	return n.more.owner
}

func (n *znode) acl() []zkwire.ACL {
	if n.more == nil || n.more.acl == nil {
		return zkwire.OpenACL
	}
	return n.more.acl
}

// created is how many children the node ever had.
func (n *znode) created() int32 {
	if n.more == nil {
		return 0
	}
	return n.more.created
}

func (n *znode) aversion() int32 {
	if n.more == nil {
		return 0
	}
	return n.more.aversion
}

func (n *znode) pzxid() zkwire.Zxid {
	if n.more == nil {
		return n.czxid
	}
	return n.more.pzxid
}

// wireStat is the node's Stat as clients see it: DataNode.copyStat.
func (n *znode) wireStat() zkwire.Stat {
	count := int32(n.children().len())
	s := zkwire.Stat{
		Czxid: n.czxid, Mzxid: n.mzxid, Pzxid: n.pzxid(), Ctime: n.ctime, Mtime: n.mtime,
		Version: zkwire.Version(n.version), Aversion: zkwire.Version(n.aversion()),
		Cversion:   zkwire.Version(2*n.created() - count),
		DataLength: int32(n.size()), NumChildren: count,
	}
	if owner := n.owner(); isEphemeral(owner) {
		s.EphemeralOwner = zkwire.SessionID(owner)
	}
	return s
}
