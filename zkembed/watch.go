package zkembed

import (
	"cmp"
	"iter"
	"slices"

	"oakmoot/internal/zk/zkwire"
	"oakmoot/zkembed/internal/packed"
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
	table     watchTable
	recursive int // registrations with watchRecursive
}

func newWatchManager() *watchManager { return &watchManager{table: newWatchTable()} }

// add registers a connection; doing so again changes nothing.
func (w *watchManager) add(path string, c *conn, mode watchMode) {
	x := w.table.obtain(path, c)
	if mode&^x.mode()&watchRecursive != 0 {
		w.recursive++
	}
	x.setMode(x.mode() | mode)
}

// remove takes registrations away and reports whether there were any.
func (w *watchManager) remove(path string, c *conn, mode watchMode) bool {
	id := w.table.find(path, c)
	return id != 0 && w.strip(id, mode)
}

// strip takes registrations of one watch away.
func (w *watchManager) strip(id packed.ID, mode watchMode) bool {
	x := w.table.watches.At(id)
	have := x.mode()
	if have&mode == 0 {
		return false
	}
	if have&mode&watchRecursive != 0 {
		w.recursive--
	}
	if left := have &^ mode; left != 0 {
		x.setMode(left)
	} else {
		w.table.remove(id)
	}
	return true
}

// has reports whether a connection holds a registration.
func (w *watchManager) has(path string, c *conn, mode watchMode) bool {
	id := w.table.find(path, c)
	return id != 0 && w.table.watches.At(id).mode()&mode != 0
}

// drop forgets a connection.
func (w *watchManager) drop(c *conn) {
	for id := w.table.firstOf(c); id != 0; id = w.table.firstOf(c) {
		w.strip(id, watchAny)
	}
}

// fire collects the connections that an event on a path reaches, each once and in the
// order in which they connected, and uses up the one-shot registrations on it.
func (w *watchManager) fire(path string, event zkwire.EventType) []*conn {
	var reached []*conn
	for id, x := range w.table.on(path) {
		if x.mode() != watchRecursive || event != zkwire.EventChildrenChanged {
			reached = append(reached, w.table.conn(x))
			w.strip(id, watchOnce)
		}
	}
	if w.recursive > 0 && event != zkwire.EventChildrenChanged {
		for above := path; above != "/"; {
			above, _ = tree.Split(above)
			for _, x := range w.table.on(above) {
				if x.mode()&watchRecursive != 0 {
					reached = append(reached, w.table.conn(x))
				}
			}
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

// total is how many pairs of a path and a connection there are.
func (w *watchManager) total() int { return w.table.watches.Len() }

// paths is how many paths are watched, conns by how many connections.
func (w *watchManager) paths() int { return w.table.paths.Len() }
func (w *watchManager) conns() int { return w.table.watchers.Len() }

// all yields every pair of a path and a connection with a session, in no order. Watches may
// come and go meanwhile.
func (w *watchManager) all() iter.Seq[sessionPath] {
	return func(yield func(sessionPath) bool) {
		for c, path := range w.table.all() {
			if c.sess != nil && !yield(sessionPath{c.number, c.sess.id, path}) {
				return
			}
		}
	}
}
