package tree

import (
	"slices"

	"oakmoot/internal/zk/zkwire"
)

// Walk visits the nodes for a snapshot while the tree changes: a node that is about to
// change before the walk has reached it is encoded first. So what is encoded is the tree as
// it was when the walk began.
type Walk struct {
	tree *Tree
	todo []walkStep // the stack
	out  *zkwire.Encoder
}

// walkStep is a directory whose children are being visited.
type walkStep struct {
	path  string
	nodes []*Node // the children it had that are still to come
}

// StartWalk begins a walk; one goes on at a time.
func (t *Tree) StartWalk(out *zkwire.Encoder) *Walk {
	w := &Walk{tree: t, out: out}
	t.walking = w
	t.saved ^= nodeSaved
	w.keep("/", t.root)
	w.enter("/", t.root)
	return w
}

// save encodes a node that is about to change, or whose children are, unless the walk under
// way has already done so. Its ancestors are encoded before it. A nil walk saves nothing.
func (w *Walk) save(path string) {
	if w == nil || path == "/" {
		return
	}
	dir, _ := Split(path)
	parent, name := w.tree.Parent(path)
	if !w.has(parent) {
		w.save(dir)
	}
	if n := parent.kids().find(name); n != nil {
		w.keep(dir, n)
	}
}

// has reports whether a node has been encoded, or is newer than the walk.
func (w *Walk) has(n *Node) bool { return n.bits&nodeSaved == w.tree.saved }

// keep encodes a node of a directory.
func (w *Walk) keep(dir string, n *Node) {
	if !w.has(n) {
		n.bits ^= nodeSaved
		n.encode(w.out, dir)
	}
}

// enter puts the children of a node of a directory on the stack.
func (w *Walk) enter(dir string, n *Node) {
	kids := n.kids()
	if kids.len() == 0 {
		return
	}
	nodes := slices.AppendSeq(make([]*Node, 0, kids.len()), kids.all())
	w.todo = append(w.todo, walkStep{Join(dir, n.Name()), nodes})
}

// Next encodes one more node; false when none was left. A node that was deleted meanwhile
// was encoded at that time, with everything in it.
func (w *Walk) Next() bool {
	for len(w.todo) > 0 {
		top := &w.todo[len(w.todo)-1]
		if len(top.nodes) == 0 {
			w.todo = w.todo[:len(w.todo)-1]
			continue
		}
		n := top.nodes[0]
		top.nodes = top.nodes[1:]
		w.keep(top.path, n)
		w.enter(top.path, n)
		return true
	}
	return false
}

// Stop ends the walk: nothing more is encoded.
func (w *Walk) Stop() { w.tree.walking = nil }
