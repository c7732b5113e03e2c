package zkembed

import (
	"math"
	"slices"
	"strings"

	"oakmoot/internal/zk/zkwire"
)

// tree is all nodes: DataTree. It is pure: no clock, no lock, no I/O. It carries
// out effects that have been checked and asks no questions.
type tree struct {
	root       *znode
	count      int                           // of nodes, with the root
	ephemerals map[int64]map[string]struct{} // by owning session
	special    map[string]struct{}           // containers and TTL nodes
	bytes      int64                         // of paths and data
	saved      uint32                        // nodeSaved or 0: what a node's flag is once it has been saved
	saver      *saver                        // wants each node before it changes; nil without a snapshot under way

	latestPath   string // of the parent that was looked for last: most changes come in runs
	latestParent *znode // nil once it has gone
}

func emptyTree() *tree {
	return &tree{ephemerals: map[int64]map[string]struct{}{}, special: map[string]struct{}{}}
}

// newTree is the tree of a fresh server, with its built-in nodes.
func newTree() *tree {
	t := emptyTree()
	readOnly := []zkwire.ACL{{Perms: zkwire.PermRead, ID: zkwire.ID{Scheme: "world", ID: "anyone"}}}
	for _, path := range []string{"/", "/zookeeper", "/zookeeper/quota"} {
		t.put(path, newNode(nameOf(path), []byte{}, zkwire.OpenACL, ownerNone))
	}
	config := newNode("config", []byte{}, readOnly, ownerNone)
	config.more.aversion = -1
	t.put("/zookeeper/config", config)
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

func nameOf(path string) string {
	_, name := split(path)
	return name
}

func join(parent, name string) string {
	if parent == "/" || parent == "" {
		return "/" + name
	}
	return parent + "/" + name
}

// lookup finds a node; "" is an alias of the root, as in Apache's server.
func (t *tree) lookup(path string) *znode {
	if path == "" || path == "/" {
		return t.root
	}
	if path[0] != '/' {
		return nil
	}
	n, rest, more := t.root, path[1:], true
	for more && n != nil {
		var name string
		name, rest, more = strings.Cut(rest, "/")
		n = n.children().find(name)
	}
	return n
}

// parentOf finds a node's parent, nil when there is none, and the node's name.
func (t *tree) parentOf(path string) (parent *znode, name string) {
	parentPath, name := split(path)
	if t.latestParent == nil || t.latestPath != parentPath {
		t.latestPath, t.latestParent = parentPath, t.lookup(parentPath)
	}
	return t.latestParent, name
}

// near is lookup for a path that is likely to be next to the one before.
func (t *tree) near(path string) *znode {
	if len(path) < 2 || path[0] != '/' {
		return t.lookup(path)
	}
	if parent, name := t.parentOf(path); parent != nil {
		return parent.children().find(name)
	}
	return nil
}

// undoLog takes effects back, the last first. It is for a multi whose later part
// fails; everybody else gives none.
type undoLog struct{ steps []func() }

func (u *undoLog) add(step func()) {
	if u != nil {
		u.steps = append(u.steps, step)
	}
}

func (u *undoLog) takeBack() {
	for _, step := range slices.Backward(u.steps) {
		step()
	}
}

// apply carries out an effect and notes in it what replies, events and the commit
// stream want to know.
func (t *tree) apply(e *effect, zxid zkwire.Zxid, now int64, undo *undoLog) {
	t.save(e.path)
	parent, name := t.parentOf(e.path)
	e.parentACL = parent.acl()
	switch e.kind {
	case effectCreate:
		t.create(e, parent, name, zxid, now, undo)
	case effectDelete:
		t.remove(e, parent, name, zxid, undo)
	case effectSetData:
		t.setData(e, zxid, now, undo)
	case effectSetACL:
		t.setACL(e, undo)
	}
}

func (t *tree) create(e *effect, parent *znode, name string, zxid zkwire.Zxid, now int64, undo *undoLog) {
	n := newNode(name, e.data, e.acl, e.owner)
	n.czxid, n.mzxid, n.ctime, n.mtime = zxid, zxid, now, now
	if n.more != nil {
		n.more.pzxid = zxid
	}
	t.put(e.path, n)
	created, pzxid := parent.more.created, parent.more.pzxid
	if created != math.MaxInt32 {
		parent.more.created++
	}
	parent.more.pzxid = zxid
	e.data, e.nodeACL, e.stat = n.data(), n.acl(), n.wireStat()
	if undo != nil {
		undo.add(func() {
			t.take(e.path, parent, n)
			parent.more.created, parent.more.pzxid = created, pzxid
		})
	}
}

func (t *tree) remove(e *effect, parent *znode, name string, zxid zkwire.Zxid, undo *undoLog) {
	n := parent.children().find(name)
	e.nodeACL, e.stat, e.before = n.acl(), n.wireStat(), n.data()
	t.take(e.path, parent, n)
	pzxid := parent.more.pzxid
	parent.more.pzxid = zxid
	if undo != nil {
		undo.add(func() {
			t.put(e.path, n)
			parent.more.pzxid = pzxid
		})
	}
}

func (t *tree) setData(e *effect, zxid zkwire.Zxid, now int64, undo *undoLog) {
	n := t.lookup(e.path)
	if undo != nil {
		old := *n
		undo.add(func() {
			t.bytes += int64(old.size() - n.size())
			*n = old
		})
	}
	e.before = n.data()
	t.bytes += int64(len(e.data) - n.size())
	n.setBlob(n.name(), e.data)
	n.mzxid, n.mtime = zxid, now
	n.version++
	e.data, e.nodeACL, e.stat = n.data(), n.acl(), n.wireStat()
}

// rewrite changes a node's data without a trace in its Stat: the use of a quota.
func (t *tree) rewrite(path string, data []byte) {
	t.save(path)
	n := t.lookup(path)
	t.bytes += int64(len(data) - n.size())
	n.setBlob(n.name(), data)
}

func (t *tree) setACL(e *effect, undo *undoLog) {
	n := t.lookup(e.path)
	m := n.extended()
	acl, aversion := m.acl, m.aversion
	m.acl = e.acl
	m.aversion++
	e.nodeACL, e.stat = n.acl(), n.wireStat()
	if undo != nil {
		undo.add(func() { m.acl, m.aversion = acl, aversion })
	}
}

// put hangs a node into the tree.
func (t *tree) put(path string, n *znode) {
	n.bits = n.bits&^nodeSaved | t.saved
	t.count++
	t.bytes += int64(len(path) + n.size())
	t.own(path, n.owner())
	if path == "/" {
		t.root = n
		return
	}
	parent, _ := t.parentOf(path)
	parent.extended().kids.add(n)
}

// take takes a node out of the tree.
func (t *tree) take(path string, parent, n *znode) {
	t.count--
	t.bytes -= int64(len(path) + n.size())
	t.disown(path, n.owner())
	parent.more.kids.remove(n)
	if n == t.latestParent {
		t.latestParent = nil
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

// walk visits a node that is there and all below it, parents first.
func (t *tree) walk(path string, each func(string, *znode)) { walkBelow(path, t.lookup(path), each) }

func walkBelow(path string, n *znode, each func(string, *znode)) {
	each(path, n)
	for child := range n.children().all() {
		walkBelow(join(path, child.name()), child, each)
	}
}

// descendants counts all nodes below one.
func descendants(n *znode) (total int) {
	for child := range n.children().all() {
		total += 1 + descendants(child)
	}
	return total
}

// abandoned are the containers that have lost their last child, and the TTL nodes
// without children that have not changed for their time, in order.
func (t *tree) abandoned(now int64) []string {
	var paths []string
	for path := range t.special {
		n := t.lookup(path)
		if n.children().len() > 0 {
			continue
		}
		emptied := n.owner() == ownerContainer && n.created() > 0
		if emptied || isTTL(n.owner()) && now-n.mtime > n.owner()&maxTTL {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return paths
}

// applicable tells whether an effect that comes from a file can be carried out.
func (t *tree) applicable(e *effect) bool {
	n := t.near(e.path)
	switch e.kind {
	case effectCreate:
		return n == nil && t.hasPlace(e.path)
	case effectDelete:
		return n != nil && n.children().len() == 0 && !builtin[e.path]
	}
	return n != nil
}

// hasPlace tells whether a path that comes from a file has a parent that may have
// children.
func (t *tree) hasPlace(path string) bool {
	parent, _ := t.parentOf(path)
	return validPath(path) && parent != nil && !isEphemeral(parent.owner())
}
