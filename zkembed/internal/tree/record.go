package tree

import (
	"fmt"
	"maps"
	"slices"

	"oakmoot/internal/zk/zkwire"
)

// Record is a node as files keep it: DataNode and StatPersisted.
type Record struct {
	Data              []byte       // nil is null
	ACL               []zkwire.ACL // nil is open to everybody
	Czxid, Mzxid      zkwire.Zxid
	Pzxid             zkwire.Zxid
	Ctime, Mtime      int64 // milliseconds since the epoch
	Version, Aversion int32
	Created           int32 // children ever created; StatPersisted calls it cversion
	Owner             int64 // raw: EphemeralType
}

// Record is the node as files keep it.
func (n *Node) Record() Record {
	r := Record{
		Data: n.Data(), Czxid: n.czxid, Mzxid: n.mzxid, Pzxid: n.Pzxid(), Ctime: n.ctime, Mtime: n.mtime,
		Version: n.version, Aversion: n.Aversion(), Created: n.Created(), Owner: n.Owner(),
	}
	if acl := n.ACL(); !isOpen(acl) {
		r.ACL = acl
	}
	return r
}

// node is what a record keeps, under a name.
func (r *Record) node(name string) *Node {
	n := newNode(name, r.Data, InternACL(r.ACL), r.Owner)
	n.czxid, n.mzxid, n.ctime, n.mtime, n.version = r.Czxid, r.Mzxid, r.Ctime, r.Mtime, r.Version
	if n.more != nil || r.Pzxid != r.Czxid || r.Created != 0 || r.Aversion != 0 {
		m := n.extended()
		m.pzxid, m.created, m.aversion = r.Pzxid, r.Created, r.Aversion
	}
	return n
}

// encode writes a node with its path, dir being its parent's: what Join makes of dir and
// the name, without allocating a string for each of a million nodes.
func (n *Node) encode(e *zkwire.Encoder, dir string) {
	if dir == "/" {
		dir = ""
	}
	e.Int(int32(len(dir) + len("/") + len(n.Name())))
	e.Buf = append(append(append(e.Buf, dir...), '/'), n.Name()...)
	e.Buffer(n.Data())
	if acl := n.ACL(); isOpen(acl) {
		e.Int(-1)
	} else {
		e.ACLs(acl)
	}
	e.Long(int64(n.czxid))
	e.Long(int64(n.mzxid))
	e.Long(int64(n.Pzxid()))
	e.Long(n.ctime)
	e.Long(n.mtime)
	e.Int(n.version)
	e.Int(n.Aversion())
	e.Int(n.Created())
	e.Long(n.Owner())
}

// DecodeNode reads a node that a walk has encoded.
func DecodeNode(d *zkwire.Decoder) (path string, n *Node) {
	path = d.String()
	r := Record{
		Data: d.Buffer(), ACL: d.ACLs(), Czxid: zkwire.Zxid(d.Long()), Mzxid: zkwire.Zxid(d.Long()), Pzxid: zkwire.Zxid(d.Long()),
		Ctime: d.Long(), Mtime: d.Long(), Version: d.Int(), Aversion: d.Int(), Created: d.Int(), Owner: d.Long(),
	}
	return path, r.node(nameOf(path))
}

// DecodeNodes reads the nodes of a walk, or of a part of it, each behind its parent.
func (t *Tree) DecodeNodes(d *zkwire.Decoder) error {
	for d.Rest() > 0 {
		path, n := DecodeNode(d)
		if d.Err() != nil {
			return d.Err()
		}
		if t.Near(path) != nil {
			return misfit(path)
		}
		if err := t.restore(path, n); err != nil {
			return err
		}
	}
	return d.Err()
}

// Restore adds a node that comes from a file; its parent comes first.
func (t *Tree) Restore(path string, r Record) error { return t.restore(path, r.node(nameOf(path))) }

func (t *Tree) restore(path string, n *Node) error {
	if path != "/" && !t.hasPlace(path) {
		return misfit(path)
	}
	t.put(path, n)
	return nil
}

func misfit(path string) error { return fmt.Errorf("%q does not fit the tree", path) }

// builtin are the nodes that every tree has, and that cannot be deleted.
var builtin = map[string]Record{
	"/":                 {Data: []byte{}},
	"/zookeeper":        {Data: []byte{}},
	"/zookeeper/quota":  {Data: []byte{}},
	"/zookeeper/config": {Data: []byte{}, ACL: []zkwire.ACL{{Perms: zkwire.PermRead, ID: zkwire.ID{Scheme: "world", ID: "anyone"}}}, Aversion: -1},
}

// Builtin reports whether a path is that of a node which cannot be deleted.
func Builtin(path string) bool {
	_, ok := builtin[path]
	return ok
}

// AddBuiltin adds what is missing of the nodes that every tree has.
func (t *Tree) AddBuiltin() {
	for _, path := range slices.Sorted(maps.Keys(builtin)) {
		if t.root == nil || t.Lookup(path) == nil {
			r := builtin[path]
			t.put(path, r.node(nameOf(path)))
		}
	}
}

// CheckBuiltin fails when a node that every tree has is missing.
func (t *Tree) CheckBuiltin() error {
	for path := range builtin {
		if t.root == nil || t.Lookup(path) == nil || t.Lookup(path).Owner() != OwnerNone {
			return fmt.Errorf("%s is missing, or owned", path)
		}
	}
	return nil
}
