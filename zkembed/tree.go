package zkembed

import (
	"math"
	"slices"
	"strings"

	"oakmoot/internal/zkwire"
)

// tree is all nodes: DataTree. It is pure: no clock, no lock, no I/O. It carries
// out effects that have been checked and asks no questions.
type tree struct {
	nodes      map[string]*znode
	ephemerals map[int64]map[string]struct{} // by owning session
	special    map[string]struct{}           // containers and TTL nodes
	bytes      int64                         // of paths and data
}

func emptyTree(size int) *tree {
	return &tree{nodes: make(map[string]*znode, size), ephemerals: map[int64]map[string]struct{}{}, special: map[string]struct{}{}}
}

// newTree is the tree of a fresh server, with its built-in nodes.
func newTree() *tree {
	t := emptyTree(0)
	for _, path := range []string{"/", "/zookeeper", "/zookeeper/quota", "/zookeeper/config"} {
		t.put(path, &znode{data: []byte{}, acl: zkwire.OpenACL})
	}
	config := t.nodes["/zookeeper/config"]
	config.acl = []zkwire.ACL{{Perms: zkwire.PermRead, ID: zkwire.ID{Scheme: "world", ID: "anyone"}}}
	config.stat.aversion = -1
	return t
}

// builtin are the nodes that cannot be deleted.
var builtin = map[string]bool{"/": true, "/zookeeper": true, "/zookeeper/quota": true, "/zookeeper/config": true}

// split cuts a path into its parent and its last part.
func split(path string) (parent, name string) {
	i := strings.LastIndexByte(path, '/')
	if i <= 0 {
		return "/", path[i+1:]
	}
	return path[:i], path[i+1:]
}

func join(parent, name string) string {
	if parent == "/" || parent == "" {
		return "/" + name
	}
	return parent + "/" + name
}

// lookup finds a node; "" is an alias of the root, as in Apache's server.
func (t *tree) lookup(path string) *znode {
	if path == "" {
		path = "/"
	}
	return t.nodes[path]
}

// apply carries out an effect and notes in it what replies, events and the commit
// stream want to know. The returned function takes it back; it is for a multi whose
// later part fails.
func (t *tree) apply(e *effect, zxid zkwire.Zxid, now int64) (undo func()) {
	parent, _ := split(e.path)
	if n := t.nodes[parent]; n != nil {
		e.parentACL = n.acl
	}
	switch e.kind {
	case effectCreate:
		undo = t.create(e, zxid, now)
	case effectDelete:
		undo = t.remove(e, zxid)
	case effectSetData:
		undo = t.setData(e, zxid, now)
	case effectSetACL:
		undo = t.setACL(e)
	}
	return undo
}

func (t *tree) create(e *effect, zxid zkwire.Zxid, now int64) (undo func()) {
	n := &znode{data: e.data, acl: e.acl, stat: persistedStat{czxid: zxid, mzxid: zxid, pzxid: zxid, ctime: now, mtime: now, owner: e.owner}}
	parent := t.put(e.path, n)
	old := parent.stat
	if parent.stat.created != math.MaxInt32 {
		parent.stat.created++
	}
	parent.stat.pzxid = zxid
	e.nodeACL, e.stat = n.acl, n.wireStat()
	return func() {
		t.take(e.path, n)
		parent.stat = old
	}
}

func (t *tree) remove(e *effect, zxid zkwire.Zxid) (undo func()) {
	n := t.nodes[e.path]
	e.nodeACL, e.stat, e.before = n.acl, n.wireStat(), n.data
	parent := t.take(e.path, n)
	old := parent.stat
	parent.stat.pzxid = zxid
	return func() {
		t.put(e.path, n)
		parent.stat = old
	}
}

func (t *tree) setData(e *effect, zxid zkwire.Zxid, now int64) (undo func()) {
	n := t.nodes[e.path]
	old := *n
	t.bytes += int64(len(e.data) - len(n.data))
	n.data, n.stat.mzxid, n.stat.mtime = e.data, zxid, now
	n.stat.version++
	e.nodeACL, e.stat, e.before = n.acl, n.wireStat(), old.data
	return func() {
		t.bytes += int64(len(old.data) - len(n.data))
		n.data, n.stat = old.data, old.stat
	}
}

func (t *tree) setACL(e *effect) (undo func()) {
	n := t.nodes[e.path]
	old := *n
	n.acl = e.acl
	n.stat.aversion++
	e.nodeACL, e.stat = n.acl, n.wireStat()
	return func() { n.acl, n.stat = old.acl, old.stat }
}

// put hangs a node into the tree and returns its parent, nil for the root.
func (t *tree) put(path string, n *znode) (parent *znode) {
	t.nodes[path] = n
	t.bytes += int64(len(path) + len(n.data))
	t.own(path, n.stat.owner)
	if path == "/" {
		return nil
	}
	parentPath, name := split(path)
	parent = t.nodes[parentPath]
	if parent.children == nil {
		parent.children = &nameSet{}
	}
	parent.children.add(name)
	return parent
}

// take takes a node out of the tree and returns its parent.
func (t *tree) take(path string, n *znode) (parent *znode) {
	delete(t.nodes, path)
	t.bytes -= int64(len(path) + len(n.data))
	t.disown(path, n.stat.owner)
	parentPath, name := split(path)
	parent = t.nodes[parentPath]
	if parent.children.remove(name); parent.children.len() == 0 {
		parent.children = nil
	}
	return parent
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

// walk visits a node and all below it, parents first.
func (t *tree) walk(path string, each func(string, *znode)) {
	n := t.nodes[path]
	each(path, n)
	for _, name := range n.children.names() {
		t.walk(join(path, name), each)
	}
}

// descendants counts all nodes below a path.
func (t *tree) descendants(path string) int {
	total := -1
	t.walk(rooted(path), func(string, *znode) { total++ })
	return total
}

// rooted is the path under which a node is kept: "" is the root.
func rooted(path string) string {
	if path == "" {
		return "/"
	}
	return path
}

// abandoned are the containers that have lost their last child, and the TTL nodes
// without children that have not changed for their time, in order.
func (t *tree) abandoned(now int64) []string {
	var paths []string
	for path := range t.special {
		n := t.nodes[path]
		if n.children.len() > 0 {
			continue
		}
		emptied := n.stat.owner == ownerContainer && n.stat.created > 0
		if emptied || isTTL(n.stat.owner) && now-n.stat.mtime > n.stat.owner&maxTTL {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return paths
}

// applicable tells whether an effect that comes from a file can be carried out.
func (t *tree) applicable(e *effect) bool {
	n := t.nodes[e.path]
	switch e.kind {
	case effectCreate:
		return n == nil && t.hasPlace(e.path)
	case effectDelete:
		return n != nil && n.children.len() == 0 && !builtin[e.path]
	}
	return n != nil
}

// hasPlace tells whether a path that comes from a file has a parent that may have
// children.
func (t *tree) hasPlace(path string) bool {
	parentPath, _ := split(path)
	parent := t.nodes[parentPath]
	return validPath(path) && parent != nil && !isEphemeral(parent.stat.owner)
}
