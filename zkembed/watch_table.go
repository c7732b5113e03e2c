package zkembed

import (
	"encoding/binary"
	"hash/maphash"
	"iter"
	"unsafe"

	"oakmoot/zkembed/internal/packed"
)

// watchTable holds watches by path and by connection. There may be ten million, so each is
// 24 bytes in two linked lists, of its path and of its connection. A path with many also
// has its watches in an index, so that none is looked for in a long list.
type watchTable struct {
	watches  packed.Arena[watch]
	paths    packed.Arena[pathWatched]
	watchers packed.Arena[watcher]
	byPath   packed.Index        // of the paths
	crowds   packed.Index        // of the watches on crowded paths, by path and connection
	byConn   map[*conn]packed.ID // of the watchers
}

// watch is what one connection has registered on one path.
type watch struct {
	path           packed.ID
	who            uint32 // the watcher, above the bits of the mode
	onPath, ofConn links
}

// modeBits is how many bits of who are the mode.
const modeBits = 3

func (x *watch) mode() watchMode { return watchMode(x.who & (1<<modeBits - 1)) }

func (x *watch) setMode(m watchMode) { x.who = x.who&^(1<<modeBits-1) | uint32(m) }

func (x *watch) watcher() packed.ID { return packed.ID(x.who >> modeBits) }

// links are a watch's neighbours in a list.
type links struct{ next, prev packed.ID }

// pathWatched is a path with a watch on it.
type pathWatched struct {
	text  *byte // its length in four bytes, then the path
	first packed.ID
	hash  uint32 // of the path, and whether it is crowded
}

func newPathWatched(path string) pathWatched {
	b := make([]byte, 0, pathLength+len(path))
	b = append(binary.BigEndian.AppendUint32(b, uint32(len(path))), path...)
	return pathWatched{text: unsafe.SliceData(b), hash: hashOfPath(path)}
}

// pathLength is where the path begins.
const pathLength = 4

func (p *pathWatched) path() string {
	length := binary.BigEndian.Uint32(unsafe.Slice(p.text, pathLength))
	return unsafe.String(p.text, pathLength+int(length))[pathLength:]
}

// crowded is the bit of a path's hash that says so. A path becomes crowded with so many
// watches, and stays so until all have gone.
const (
	crowded     uint32 = 1 << 31
	crowdedFrom        = 32
)

// watcher is a connection with a watch.
type watcher struct {
	conn  *conn
	first packed.ID
}

func newWatchTable() watchTable { return watchTable{byConn: map[*conn]packed.ID{}} }

var pathSeed = maphash.MakeSeed()

func hashOfPath(path string) uint32 { return uint32(maphash.String(pathSeed, path)) &^ crowded }

func (t *watchTable) pathHash(id packed.ID) uint32 { return t.paths.At(id).hash &^ crowded }

// hashOfPair is Fibonacci hashing of a path and a watcher.
func hashOfPair(path, watcher packed.ID) uint32 {
	return uint32((uint64(path)<<32 | uint64(watcher)) * 0x9e3779b97f4a7c15 >> 32)
}

func (t *watchTable) pairHash(id packed.ID) uint32 {
	x := t.watches.At(id)
	return hashOfPair(x.path, x.watcher())
}

func (t *watchTable) pathOf(path string) packed.ID {
	return t.byPath.Find(hashOfPath(path), func(id packed.ID) bool { return t.paths.At(id).path() == path })
}

// find is a connection's watch on a path, 0 without one.
func (t *watchTable) find(path string, c *conn) packed.ID {
	who := t.byConn[c]
	if who == 0 {
		return 0
	}
	if on := t.pathOf(path); on != 0 {
		return t.pair(on, who)
	}
	return 0
}

func (t *watchTable) pair(path, who packed.ID) packed.ID {
	p := t.paths.At(path)
	if p.hash&crowded != 0 {
		return t.crowds.Find(hashOfPair(path, who), func(id packed.ID) bool {
			x := t.watches.At(id)
			return x.path == path && x.watcher() == who
		})
	}
	for id := p.first; id != 0; id = t.watches.At(id).onPath.next {
		if t.watches.At(id).watcher() == who {
			return id
		}
	}
	return 0
}

// obtain is a connection's watch on a path, a new one without a mode if there is none. It
// is good until the table next changes.
func (t *watchTable) obtain(path string, c *conn) *watch {
	on, who := t.pathOf(path), t.byConn[c]
	if on != 0 && who != 0 {
		if id := t.pair(on, who); id != 0 {
			return t.watches.At(id)
		}
	}
	if on == 0 {
		var p *pathWatched
		on, p = t.paths.New()
		*p = newPathWatched(path)
		t.byPath.Add(on, t.pathHash)
	}
	if who == 0 {
		var w *watcher
		who, w = t.watchers.New()
		w.conn = c
		t.byConn[c] = who
	}
	return t.link(on, who)
}

// link puts a new watch at the head of both lists.
func (t *watchTable) link(on, who packed.ID) *watch {
	p, w := t.paths.At(on), t.watchers.At(who)
	id, x := t.watches.New()
	*x = watch{path: on, who: uint32(who) << modeBits, onPath: links{next: p.first}, ofConn: links{next: w.first}}
	if p.first != 0 {
		t.watches.At(p.first).onPath.prev = id
	}
	if w.first != 0 {
		t.watches.At(w.first).ofConn.prev = id
	}
	p.first, w.first = id, id
	if p.hash&crowded != 0 {
		t.crowds.Add(id, t.pairHash)
	} else {
		t.count(p)
	}
	return x
}

// count makes a path crowded that has enough watches for it.
func (t *watchTable) count(p *pathWatched) {
	n := 0
	for id := p.first; id != 0; id = t.watches.At(id).onPath.next {
		n++
	}
	if n < crowdedFrom {
		return
	}
	p.hash |= crowded
	for id := p.first; id != 0; id = t.watches.At(id).onPath.next {
		t.crowds.Add(id, t.pairHash)
	}
}

// remove removes a watch, and its path and its watcher with their last.
func (t *watchTable) remove(id packed.ID) {
	x := *t.watches.At(id)
	p, w := t.paths.At(x.path), t.watchers.At(x.watcher())
	if p.hash&crowded != 0 {
		t.crowds.Remove(id, t.pairHash)
	}
	if next := x.onPath.next; next != 0 {
		t.watches.At(next).onPath.prev = x.onPath.prev
	}
	if prev := x.onPath.prev; prev != 0 {
		t.watches.At(prev).onPath.next = x.onPath.next
	} else {
		p.first = x.onPath.next
	}
	if next := x.ofConn.next; next != 0 {
		t.watches.At(next).ofConn.prev = x.ofConn.prev
	}
	if prev := x.ofConn.prev; prev != 0 {
		t.watches.At(prev).ofConn.next = x.ofConn.next
	} else {
		w.first = x.ofConn.next
	}
	if p.first == 0 {
		t.byPath.Remove(x.path, t.pathHash)
		t.paths.Free(x.path)
	}
	if w.first == 0 {
		delete(t.byConn, w.conn)
		t.watchers.Free(x.watcher())
	}
	t.watches.Free(id)
}

// on yields the watches on a path, each of which may be removed meanwhile, and no other.
func (t *watchTable) on(path string) iter.Seq2[packed.ID, *watch] {
	return func(yield func(packed.ID, *watch) bool) {
		on := t.pathOf(path)
		if on == 0 {
			return
		}
		for id := t.paths.At(on).first; id != 0; {
			x := t.watches.At(id)
			next := x.onPath.next
			if !yield(id, x) {
				return
			}
			id = next
		}
	}
}

// conn is the connection of a watch.
func (t *watchTable) conn(x *watch) *conn { return t.watchers.At(x.watcher()).conn }

// firstOf is a watch of a connection's, 0 if it has none.
func (t *watchTable) firstOf(c *conn) packed.ID {
	who := t.byConn[c]
	if who == 0 {
		return 0
	}
	return t.watchers.At(who).first
}

// all yields every watch, in no order. Watches may come and go meanwhile; one that goes and
// comes again may be yielded twice.
func (t *watchTable) all() iter.Seq2[*conn, string] {
	return func(yield func(*conn, string) bool) {
		for id := packed.ID(1); id <= t.watches.Top(); id++ {
			if x := t.watches.At(id); x.path != 0 && !yield(t.conn(x), t.paths.At(x.path).path()) {
				return
			}
		}
	}
}
