package zkembed

import (
	"fmt"

	"oakmoot/internal/zk/zkwire"
)

// encode writes a node with its path, of which dir is its parent's: what join makes of
// it and the name, without a string for each of a million nodes.
func (n *znode) encode(e *zkwire.Encoder, dir string) {
	if dir == "/" {
		dir = ""
	}
	e.Int(int32(len(dir) + len("/") + len(n.name())))
	e.Buf = append(append(append(e.Buf, dir...), '/'), n.name()...)
	e.Buffer(n.data())
	if acl := n.acl(); isOpen(acl) {
		e.Int(-1)
	} else {
		e.ACLs(acl)
	}
	e.Long(int64(n.czxid))
	e.Long(int64(n.mzxid))
	e.Long(int64(n.pzxid()))
	e.Long(n.ctime)
	e.Long(n.mtime)
	e.Int(n.version)
	e.Int(n.aversion())
	e.Int(n.created())
	e.Long(n.owner())
}

func decodeNode(d *zkwire.Decoder) (path string, n *znode) {
	path = d.String()
	data, acl := d.Buffer(), internACL(d.ACLs())
	czxid, mzxid, pzxid, ctime, mtime := Zxid(d.Long()), Zxid(d.Long()), Zxid(d.Long()), d.Long(), d.Long()
	version, aversion, created, owner := d.Int(), d.Int(), d.Int(), d.Long()
	n = newNode(nameOf(path), data, acl, owner)
	n.czxid, n.mzxid, n.ctime, n.mtime, n.version = czxid, mzxid, ctime, mtime, version
	if n.more != nil || pzxid != czxid || created != 0 || aversion != 0 {
		m := n.extended()
		m.pzxid, m.created, m.aversion = pzxid, created, aversion
	}
	return path, n
}

func (t *tree) decodeNodes(d *zkwire.Decoder) error {
	for d.Rest() > 0 {
		path, n := decodeNode(d)
		if d.Err() != nil {
			return d.Err()
		}
		switch isRoot := path == "/"; {
		case isRoot && t.root == nil:
		case isRoot, t.root == nil, !t.hasPlace(path), t.near(path) != nil:
			return fmt.Errorf("%q does not fit the tree", path)
		}
		t.put(path, n)
	}
	return d.Err()
}

func (t *tree) checkBuiltin() error {
	for path := range builtin {
		if t.root == nil || t.lookup(path) == nil || t.lookup(path).owner() != ownerNone {
			return fmt.Errorf("%s is missing, or owned", path)
		}
	}
	return nil
}
