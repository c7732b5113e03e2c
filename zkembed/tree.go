package zkembed

import (
	"math"
	"strings"

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

// znode is a node of the tree: DataNode.
type znode struct {
	data     []byte
	acl      []zkwire.ACL
	children map[string]struct{}
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

// stat is the node's Stat as clients see it: DataNode.copyStat.
func (n *znode) wireStat() zkwire.Stat {
	s := zkwire.Stat{
		Czxid: n.stat.czxid, Mzxid: n.stat.mzxid, Pzxid: n.stat.pzxid, Ctime: n.stat.ctime, Mtime: n.stat.mtime,
		Version: zkwire.Version(n.stat.version), Aversion: zkwire.Version(n.stat.aversion),
		Cversion:   zkwire.Version(2*n.stat.created - int32(len(n.children))),
		DataLength: int32(len(n.data)), NumChildren: int32(len(n.children)),
	}
	if isEphemeral(n.stat.owner) {
		s.EphemeralOwner = zkwire.SessionID(n.stat.owner)
	}
	return s
}

// isEphemeral tells an ordinary ephemeral from containers, TTL and plain nodes.
func isEphemeral(owner int64) bool {
	return owner != ownerNone && owner != ownerContainer && !isTTL(owner)
}

func isTTL(owner int64) bool { return owner&ownerTTLMask == ownerTTLMask && owner != ownerContainer }

// tree is all nodes. It is pure: no clock, no lock, no I/O.
type tree struct {
	nodes      map[string]*znode
	ephemerals map[int64]map[string]struct{} // by owning session
	special    map[string]struct{}           // containers and TTL nodes
}

// newTree is the tree of a fresh server: DataTree's built-in nodes.
func newTree() *tree {
	t := &tree{nodes: map[string]*znode{}, ephemerals: map[int64]map[string]struct{}{}, special: map[string]struct{}{}}
	for _, path := range []string{"/", "/zookeeper", "/zookeeper/quota", "/zookeeper/config"} {
		t.nodes[path] = &znode{data: []byte{}, acl: zkwire.OpenACL}
		if path != "/" {
			t.addChild(path)
		}
	}
	config := t.nodes["/zookeeper/config"]
	config.acl = []zkwire.ACL{{Perms: zkwire.PermRead, ID: zkwire.ID{Scheme: "world", ID: "anyone"}}}
	config.stat.aversion = -1
	return t
}

// builtin are the nodes that cannot be deleted.
var builtin = map[string]bool{"/": true, "/zookeeper": true, "/zookeeper/quota": true, "/zookeeper/config": true}

func (t *tree) addChild(path string) {
	parent, name := split(path)
	n := t.nodes[parent]
	if n.children == nil {
		n.children = map[string]struct{}{}
	}
	n.children[name] = struct{}{}
}

// split cuts a path into its parent and its last part.
func split(path string) (parent, name string) {
	i := strings.LastIndexByte(path, '/')
	if i <= 0 {
		return "/", path[i+1:]
	}
	return path[:i], path[i+1:]
}

// lookup finds a node; "" is an alias of the root, as in Apache's server.
func (t *tree) lookup(path string) *znode {
	if path == "" {
		path = "/"
	}
	return t.nodes[path]
}

// apply carries out an effect that has been checked. The returned function takes
// it back; it is for a multi whose later part fails.
func (t *tree) apply(e *effect, zxid zkwire.Zxid, now int64) (undo func()) {
	switch e.kind {
	case effectCreate:
		return t.create(e, zxid, now)
	case effectDelete:
		return t.remove(e.path, zxid)
	case effectSetData:
		n := t.nodes[e.path]
		old := *n
		n.data, n.stat.mzxid, n.stat.mtime = e.data, zxid, now
		n.stat.version++
		return func() { n.data, n.stat = old.data, old.stat }
	case effectSetACL:
		n := t.nodes[e.path]
		old := *n
		n.acl = e.acl
		n.stat.aversion++
		return func() { n.acl, n.stat = old.acl, old.stat }
	}
	return func() {}
}

func (t *tree) create(e *effect, zxid zkwire.Zxid, now int64) (undo func()) {
	parentPath, name := split(e.path)
	parent := t.nodes[parentPath]
	old := parent.stat
	t.nodes[e.path] = &znode{data: e.data, acl: e.acl, stat: persistedStat{czxid: zxid, mzxid: zxid, pzxid: zxid, ctime: now, mtime: now, owner: e.owner}}
	if parent.children == nil {
		parent.children = map[string]struct{}{}
	}
	parent.children[name] = struct{}{}
	if parent.stat.created != math.MaxInt32 {
		parent.stat.created++
	}
	parent.stat.pzxid = zxid
	t.own(e.path, e.owner)
	return func() {
		t.disown(e.path, e.owner)
		delete(t.nodes, e.path)
		delete(parent.children, name)
		parent.stat = old
	}
}

func (t *tree) remove(path string, zxid zkwire.Zxid) (undo func()) {
	n := t.nodes[path]
	parentPath, name := split(path)
	parent := t.nodes[parentPath]
	old := parent.stat
	delete(t.nodes, path)
	delete(parent.children, name)
	parent.stat.pzxid = zxid
	t.disown(path, n.stat.owner)
	return func() {
		t.nodes[path] = n
		parent.children[name] = struct{}{}
		parent.stat = old
		t.own(path, n.stat.owner)
	}
}

// own notes who keeps a node alive.
func (t *tree) own(path string, owner int64) {
	switch {
	case isEphemeral(owner):
		if t.ephemerals[owner] == nil {
			t.ephemerals[owner] = map[string]struct{}{}
		}
		t.ephemerals[owner][path] = struct{}{}
	case owner != ownerNone:
		t.special[path] = struct{}{}
	}
}

func (t *tree) disown(path string, owner int64) {
	switch {
	case isEphemeral(owner):
		delete(t.ephemerals[owner], path)
		if len(t.ephemerals[owner]) == 0 {
			delete(t.ephemerals, owner)
		}
	case owner != ownerNone:
		delete(t.special, path)
	}
}

// descendants counts all nodes below a path.
func (t *tree) descendants(path string) int {
	n := t.lookup(path)
	total := len(n.children)
	for name := range n.children {
		total += t.descendants(join(path, name))
	}
	return total
}

func join(parent, name string) string {
	if parent == "/" || parent == "" {
		return "/" + name
	}
	return parent + "/" + name
}
