package tree

import "strings"

// Tree is all nodes, and what depends on them.
type Tree struct {
	root    *Node
	count   int   // of nodes, with the root
	bytes   int64 // of paths and data
	Owners  Owners
	Quotas  Quotas
	saved   uint32 // nodeSaved or 0: the flag of a node that has been saved
	walking *Walk  // wants each node before it changes; nil without a snapshot under way

	latestPath   string // of the parent that was looked for last: most changes come in runs
	latestParent *Node  // nil once it has gone
}

// Empty is a tree without a single node, to be restored from a file.
func Empty() *Tree {
	t := &Tree{Owners: newOwners()}
	t.Quotas.tree = t
	return t
}

// New is the tree of a fresh server, with its built-in nodes.
func New() *Tree {
	t := Empty()
	t.AddBuiltin()
	return t
}

// Len is how many nodes there are, with the root.
func (t *Tree) Len() int { return t.count }

// Bytes is how much paths and data are: approximateDataSize.
func (t *Tree) Bytes() int64 { return t.bytes }

// Lookup finds a node; "" is an alias of the root, as in Apache's server.
func (t *Tree) Lookup(path string) *Node {
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
		n = n.kids().find(name)
	}
	return n
}

// Parent finds the parent of a path, nil when there is none, and the path's last part.
// It is quick when the path is next to the one before.
func (t *Tree) Parent(path string) (parent *Node, name string) {
	parentPath, name := Split(path)
	if t.latestParent == nil || t.latestPath != parentPath {
		t.latestPath, t.latestParent = parentPath, t.Lookup(parentPath)
	}
	return t.latestParent, name
}

// Near is Lookup for a path that is likely to be next to the one before.
func (t *Tree) Near(path string) *Node {
	if len(path) < 2 || path[0] != '/' {
		return t.Lookup(path)
	}
	if parent, name := t.Parent(path); parent != nil {
		return parent.kids().find(name)
	}
	return nil
}

// Each visits a node and all below it, parents first. A path without a node is empty.
func (t *Tree) Each(path string, each func(string, *Node)) {
	if n := t.Lookup(path); n != nil {
		eachBelow(path, n, each)
	}
}

func eachBelow(path string, n *Node, each func(string, *Node)) {
	each(path, n)
	for child := range n.kids().all() {
		eachBelow(Join(path, child.Name()), child, each)
	}
}

// put adds a node to the tree.
func (t *Tree) put(path string, n *Node) {
	n.bits = n.bits&^nodeSaved | t.saved
	t.count++
	t.bytes += int64(len(path) + n.Size())
	t.Owners.add(path, n)
	if path == "/" {
		t.root = n
		return
	}
	parent, _ := t.Parent(path)
	m := parent.extended()
	if m.kids == nil {
		m.kids = &kids{}
		if parent != t.root {
			above, _ := Split(path)
			m.parent, _ = t.Parent(above)
		}
	}
	m.kids.add(n)
	if IsEphemeral(n.Owner()) {
		n.more.parent = parent
	}
}

// take removes a node from the tree.
func (t *Tree) take(path string, parent, n *Node) {
	t.count--
	t.bytes -= int64(len(path) + n.Size())
	t.Owners.remove(path, n)
	parent.more.kids.remove(n)
	if n == t.latestParent {
		t.latestParent = nil
	}
}

// hasPlace reports whether a path that comes from a file has a parent that may have
// children.
func (t *Tree) hasPlace(path string) bool {
	parent, _ := t.Parent(path)
	return ValidPath(path) && parent != nil && !IsEphemeral(parent.Owner())
}
