package zkembed

import "oakmoot/internal/zkwire"

// watchMode is how a registration lives: a set of bits, since a connection may
// hold several on one path.
type watchMode byte

const (
	watchOnce       watchMode = 1 << iota // gone once it has fired
	watchPersistent                       // stays
	watchRecursive                        // stays, and sees all descendants
)

// watches is one of the two managers: data or children. It is owned by the state.
type watches struct {
	byPath    map[string]map[*conn]watchMode
	byConn    map[*conn]map[string]struct{}
	recursive int // registrations with watchRecursive
}

func newWatches() *watches {
	return &watches{byPath: map[string]map[*conn]watchMode{}, byConn: map[*conn]map[string]struct{}{}}
}

func (w *watches) add(path string, c *conn, mode watchMode) {
	if w.byPath[path] == nil {
		w.byPath[path] = map[*conn]watchMode{}
	}
	if mode == watchRecursive && w.byPath[path][c]&watchRecursive == 0 {
		w.recursive++
	}
	w.byPath[path][c] |= mode
	if w.byConn[c] == nil {
		w.byConn[c] = map[string]struct{}{}
	}
	w.byConn[c][path] = struct{}{}
}

// remove takes registrations away and tells whether there were any.
func (w *watches) remove(path string, c *conn, mode watchMode) bool {
	have := w.byPath[path][c]
	if have&mode == 0 {
		return false
	}
	if have&mode&watchRecursive != 0 {
		w.recursive--
	}
	if left := have &^ mode; left != 0 {
		w.byPath[path][c] = left
		return true
	}
	delete(w.byPath[path], c)
	if len(w.byPath[path]) == 0 {
		delete(w.byPath, path)
	}
	delete(w.byConn[c], path)
	if len(w.byConn[c]) == 0 {
		delete(w.byConn, c)
	}
	return true
}

// has tells whether a connection holds a registration.
func (w *watches) has(path string, c *conn, mode watchMode) bool {
	return w.byPath[path][c]&mode != 0
}

// drop forgets a connection.
func (w *watches) drop(c *conn) {
	for path := range w.byConn[c] {
		w.remove(path, c, watchOnce|watchPersistent|watchRecursive)
	}
}

// fire collects the connections that an event on a path reaches, once each, and
// uses up the one-shot registrations on it.
func (w *watches) fire(path string, event zkwire.EventType) []*conn {
	var reached []*conn
	for c, mode := range w.byPath[path] {
		if mode == watchRecursive && event == zkwire.EventChildrenChanged {
			continue
		}
		reached = append(reached, c)
	}
	for _, c := range reached {
		w.remove(path, c, watchOnce)
	}
	if w.recursive == 0 || event == zkwire.EventChildrenChanged {
		return reached
	}
	return w.fireAbove(path, reached)
}

// fireAbove adds the recursive registrations on the ancestors of a path.
func (w *watches) fireAbove(path string, reached []*conn) []*conn {
	seen := map[*conn]bool{}
	for _, c := range reached {
		seen[c] = true
	}
	for path != "/" {
		path, _ = split(path)
		for c, mode := range w.byPath[path] {
			if mode&watchRecursive != 0 && !seen[c] {
				seen[c] = true
				reached = append(reached, c)
			}
		}
	}
	return reached
}

// fireFor sends the events of an effect that has just been applied, in the order
// of DataTree: for a creation the node and then its parent's children; for a
// deletion the node to both managers, each connection once, and then the parent.
func (s *state) fireFor(e *effect, zxid zkwire.Zxid, readable aclView) {
	parent, _ := split(e.path)
	switch e.kind {
	case effectCreate:
		s.send(s.data.fire(e.path, zkwire.EventCreated), nil, zkwire.EventCreated, e.path, zxid, readable.node)
		s.send(s.children.fire(parent, zkwire.EventChildrenChanged), nil, zkwire.EventChildrenChanged, parent, zxid, readable.parent)
	case effectDelete:
		first := s.data.fire(e.path, zkwire.EventDeleted)
		s.send(first, nil, zkwire.EventDeleted, e.path, zxid, readable.node)
		s.send(s.children.fire(e.path, zkwire.EventDeleted), first, zkwire.EventDeleted, e.path, zxid, readable.node)
		s.send(s.children.fire(parent, zkwire.EventChildrenChanged), nil, zkwire.EventChildrenChanged, parent, zxid, readable.parent)
	case effectSetData:
		s.send(s.data.fire(e.path, zkwire.EventDataChanged), nil, zkwire.EventDataChanged, e.path, zxid, readable.node)
	}
}

// aclView is the ACLs that decide who may learn of an effect.
type aclView struct{ node, parent []zkwire.ACL }

// aclsOf captures them; for a deletion that has to be before it.
func (s *state) aclsOf(e *effect) aclView {
	parent, _ := split(e.path)
	var v aclView
	if n := s.tree.nodes[e.path]; n != nil {
		v.node = n.acl
	} else {
		v.node = e.acl
	}
	if n := s.tree.nodes[parent]; n != nil {
		v.parent = n.acl
	}
	return v
}

// send queues an event on connections that may read the node, except those that
// have had it already.
func (s *state) send(to, except []*conn, event zkwire.EventType, path string, zxid zkwire.Zxid, acl []zkwire.ACL) {
	for _, c := range to {
		if !containsConn(except, c) && permitted(acl, zkwire.PermRead, c.ids) {
			s.sendEvent(c, event, path, zxid)
		}
	}
}

func containsConn(list []*conn, c *conn) bool {
	for _, other := range list {
		if other == c {
			return true
		}
	}
	return false
}

// sendEvent appends a notification to a connection's output.
func (s *state) sendEvent(c *conn, event zkwire.EventType, path string, zxid zkwire.Zxid) {
	out := s.output(c)
	mark := out.StartFrame()
	out.Int(int32(zkwire.XidNotification))
	out.Long(int64(zxid))
	out.Int(int32(zkwire.OK))
	out.Int(int32(event))
	out.Int(zkwire.StateConnected)
	out.String(path)
	out.EndFrame(mark)
}
