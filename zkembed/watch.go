package zkembed

import (
	"cmp"
	"slices"

	"oakmoot/internal/zk/zkwire"
	"oakmoot/zkembed/internal/tree"
)

// watchMode is how long a registration lasts: a set of bits, since a connection may hold
// several on one path.
type watchMode byte

const (
	watchOnce       watchMode = 1 << iota // gone once it has fired
	watchPersistent                       // stays
	watchRecursive                        // stays, and sees all descendants
	watchAny        = watchOnce | watchPersistent | watchRecursive
)

// watchManager is one of the two managers, of data or of children: WatchManager. It is
// owned by the state.
type watchManager struct {
	byPath    map[string]map[*conn]watchMode
	byConn    map[*conn]map[string]struct{}
	recursive int // registrations with watchRecursive
	total     int // pairs of path and connection
}

func newWatchManager() *watchManager {
	return &watchManager{byPath: map[string]map[*conn]watchMode{}, byConn: map[*conn]map[string]struct{}{}}
}

// add registers a connection; doing so again changes nothing.
func (w *watchManager) add(path string, c *conn, mode watchMode) {
	conns := w.byPath[path]
	if conns == nil {
		conns = map[*conn]watchMode{}
		w.byPath[path] = conns
	}
	have := conns[c]
	if mode&^have&watchRecursive != 0 {
		w.recursive++
	}
	conns[c] = have | mode
	if have != 0 {
		return
	}
	w.total++
	if w.byConn[c] == nil {
		w.byConn[c] = map[string]struct{}{}
	}
	w.byConn[c][path] = struct{}{}
}

// remove takes registrations away and reports whether there were any.
func (w *watchManager) remove(path string, c *conn, mode watchMode) bool {
	conns := w.byPath[path]
	have := conns[c]
	if have&mode == 0 {
		return false
	}
	if have&mode&watchRecursive != 0 {
		w.recursive--
	}
	if left := have &^ mode; left != 0 {
		conns[c] = left
		return true
	}
	w.total--
	if delete(conns, c); len(conns) == 0 {
		delete(w.byPath, path)
	}
	if delete(w.byConn[c], path); len(w.byConn[c]) == 0 {
		delete(w.byConn, c)
	}
	return true
}

// has reports whether a connection holds a registration.
func (w *watchManager) has(path string, c *conn, mode watchMode) bool {
	return w.byPath[path][c]&mode != 0
}

// drop forgets a connection.
func (w *watchManager) drop(c *conn) {
	for path := range w.byConn[c] {
		w.remove(path, c, watchAny)
	}
}

// fire collects the connections that an event on a path reaches, each once and in the
// order in which they connected, and uses up the one-shot registrations on it.
func (w *watchManager) fire(path string, event zkwire.EventType) []*conn {
	reached := w.on(path, event, nil)
	for _, c := range reached {
		w.remove(path, c, watchOnce)
	}
	if w.recursive > 0 && event != zkwire.EventChildrenChanged {
		for above := path; above != "/"; {
			above, _ = tree.Split(above)
			reached = w.above(above, reached)
		}
	}
	if len(reached) > 1 {
		slices.SortFunc(reached, byNumber)
		reached = slices.Compact(reached)
	}
	return reached
}

// byNumber orders connections as they came.
func byNumber(a, b *conn) int { return cmp.Compare(a.number, b.number) }

func (w *watchManager) on(path string, event zkwire.EventType, reached []*conn) []*conn {
	for c, mode := range w.byPath[path] {
		if mode != watchRecursive || event != zkwire.EventChildrenChanged {
			reached = append(reached, c)
		}
	}
	return reached
}

// above adds the recursive registrations on an ancestor.
func (w *watchManager) above(path string, reached []*conn) []*conn {
	for c, mode := range w.byPath[path] {
		if mode&watchRecursive != 0 {
			reached = append(reached, c)
		}
	}
	return reached
}
