package zkembed

import (
	"iter"

	"oakmoot/internal/zk/zkwire"
	"oakmoot/zkembed/internal/tree"
)

// watches are the changes that connections have asked to hear of: the two managers of
// DataTree. They are owned by the state.
type watches struct{ data, children *watchManager }

func newWatches() watches { return watches{newWatchManager(), newWatchManager()} }

// watchModes are what an operation means in the data and in the children manager.
type watchModes struct{ data, children watchMode }

// add sets a watch of addWatch.
func (w watches) add(path string, c *conn, mode int32) {
	if mode == zkwire.WatchPersistentRecursive {
		w.data.add(path, c, watchRecursive)
		return
	}
	w.data.add(path, c, watchPersistent)
	w.children.add(path, c, watchPersistent)
}

// has reports whether a connection holds one of such watches.
func (w watches) has(path string, c *conn, modes watchModes) bool {
	return w.data.has(path, c, modes.data) || w.children.has(path, c, modes.children)
}

// remove takes such watches away and reports whether there were any.
func (w watches) remove(path string, c *conn, modes watchModes) bool {
	fromData := w.data.remove(path, c, modes.data)
	fromChildren := w.children.remove(path, c, modes.children)
	return fromData || fromChildren
}

// drop forgets a connection.
func (w watches) drop(c *conn) {
	w.data.drop(c)
	w.children.drop(c)
}

// number is how many watches there are.
func (w watches) number() int { return w.data.total() + w.children.total() }

// fire sends the events of an effect that has been applied, in the order of DataTree:
// for a creation the node and then its parent's children; for a deletion the node to
// both managers, each connection once, and then the parent.
func (w watches) fire(e *tree.Effect, zxid zkwire.Zxid, out *outbox) {
	parent, _ := tree.Split(e.Path)
	node := event{path: e.Path, zxid: zxid, acl: e.NodeACL}
	siblings := event{zkwire.EventChildrenChanged, parent, zxid, e.ParentACL}
	switch e.Kind {
	case tree.Create:
		node.kind = zkwire.EventCreated
		out.send(node, w.data.fire(e.Path, node.kind), nil)
		out.send(siblings, w.children.fire(parent, siblings.kind), nil)
	case tree.Delete:
		node.kind = zkwire.EventDeleted
		first := w.data.fire(e.Path, node.kind)
		out.send(node, first, nil)
		out.send(node, w.children.fire(e.Path, node.kind), first)
		out.send(siblings, w.children.fire(parent, siblings.kind), nil)
	case tree.SetData:
		node.kind = zkwire.EventDataChanged
		out.send(node, w.data.fire(e.Path, node.kind), nil)
	}
}

// watched yields the paths with a watch of data.
func (w watches) watched() iter.Seq[sessionPath] { return w.data.all() }
