package tree

import (
	"slices"
	"unsafe"

	"oakmoot/internal/zk/zkwire"
)

// Node is a node of the tree: DataNode. There may be a million, so it is small:
// name and data share one piece of memory, and what most nodes do not need is in more.
type Node struct {
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
	nodeSaved  uint32 = 1 << 30 // if equal to tree.saved: in the snapshot under way, or newer
	nameLength        = nodeSaved - 1
)

// moreOfNode is for nodes that have been parents, are ephemerals, containers or TTL nodes,
// or are not open to everybody.
type moreOfNode struct {
	kids     *kids // nil until there are any
	parent   *Node // of one that has been a parent or is an ephemeral: instead of its path
	pzxid    zkwire.Zxid
	created  int32 // children ever created: the source of sequence numbers
	aversion int32
	owner    int64        // raw
	acl      []zkwire.ACL // nil is zkwire.OpenACL
}

// newNode is a node without children.
func newNode(name string, data []byte, acl []zkwire.ACL, owner int64) *Node {
	n := &Node{}
	n.setBlob(name, data)
	if owner != OwnerNone || !isOpen(acl) {
		m := n.extended()
		m.owner, m.acl = owner, acl
	}
	return n
}

// setBlob sets name and data.
func (n *Node) setBlob(name string, data []byte) {
	b := append(append(make([]byte, 0, len(name)+len(data)), name...), data...)
	n.blob = unsafe.String(unsafe.SliceData(b), len(b)) // nobody else has b
	n.bits = n.bits&nodeSaved | uint32(len(name))
	if data == nil {
		n.bits |= nodeNull
	}
}

// Name is the last part of the path.
func (n *Node) Name() string { return n.blob[:n.bits&nameLength] }

// path is the path of a node that has been a parent or is an ephemeral.
func (n *Node) path() string {
	length := 0
	for at := n; at.more.parent != nil; at = at.more.parent {
		length += len("/") + len(at.Name())
	}
	b := make([]byte, length)
	for at := n; at.more.parent != nil; at = at.more.parent {
		length -= copy(b[length-len(at.Name()):], at.Name()) + len("/")
		b[length] = '/'
	}
	return string(b)
}

// Data is the node's data, nil when it is null; nobody may change it.
func (n *Node) Data() []byte {
	if n.bits&nodeNull != 0 {
		return nil
	}
	s := n.blob[n.bits&nameLength:]
	if s == "" {
		return []byte{}
	}
	return unsafe.Slice(unsafe.StringData(s), len(s)) // read-only, like the string
}

// Size is how long the data is.
func (n *Node) Size() int { return len(n.blob) - int(n.bits&nameLength) }

// extended gives the node more if it has none.
func (n *Node) extended() *moreOfNode {
	if n.more == nil {
		n.more = &moreOfNode{pzxid: n.czxid}
	}
	return n.more
}

func (n *Node) kids() *kids {
	if n.more == nil {
		return nil
	}
	return n.more.kids
}

// Children is how many there are.
func (n *Node) Children() int { return n.kids().len() }

// EncodeChildren writes the children's names, in no order, as a reply has them.
func (n *Node) EncodeChildren(out *zkwire.Encoder) { n.kids().encode(out) }

// Owner is the raw owner: EphemeralType.
func (n *Node) Owner() int64 {
	if n.more == nil {
		return OwnerNone
	}
	return n.more.owner
}

// ACL is the node's ACL; nobody may change it.
func (n *Node) ACL() []zkwire.ACL {
	if n.more == nil || n.more.acl == nil {
		return zkwire.OpenACL
	}
	return n.more.acl
}

// Created is how many children the node ever had.
func (n *Node) Created() int32 {
	if n.more == nil {
		return 0
	}
	return n.more.created
}

// Aversion is the version of the ACL.
func (n *Node) Aversion() int32 {
	if n.more == nil {
		return 0
	}
	return n.more.aversion
}

// Mzxid is the last transaction that changed the data.
func (n *Node) Mzxid() zkwire.Zxid { return n.mzxid }

// Version is the version of the data.
func (n *Node) Version() int32 { return n.version }

// Pzxid is the last transaction that added or removed a child.
func (n *Node) Pzxid() zkwire.Zxid {
	if n.more == nil {
		return n.czxid
	}
	return n.more.pzxid
}

// Stat is the node's Stat as clients see it: DataNode.copyStat.
func (n *Node) Stat() zkwire.Stat {
	count := int32(n.Children())
	s := zkwire.Stat{
		Czxid: n.czxid, Mzxid: n.mzxid, Pzxid: n.Pzxid(), Ctime: n.ctime, Mtime: n.mtime,
		Version: zkwire.Version(n.version), Aversion: zkwire.Version(n.Aversion()),
		Cversion:   zkwire.Version(2*n.Created() - count),
		DataLength: int32(n.Size()), NumChildren: count,
	}
	if owner := n.Owner(); IsEphemeral(owner) {
		s.EphemeralOwner = zkwire.SessionID(owner)
	}
	return s
}

// Descendants counts all nodes below the node.
func (n *Node) Descendants() (total int) {
	for child := range n.kids().all() {
		total += 1 + child.Descendants()
	}
	return total
}

// InternACL makes all nodes that anyone may use, nearly all there are, share one list.
func InternACL(list []zkwire.ACL) []zkwire.ACL {
	if isOpen(list) {
		return zkwire.OpenACL
	}
	return list
}

func isOpen(list []zkwire.ACL) bool { return list == nil || slices.Equal(list, zkwire.OpenACL) }
