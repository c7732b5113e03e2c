package fault

import (
	"net"
	"slices"
	"sync"
	"time"
)

// wire is a connection under a link. While no fault touches it, reads and writes go
// straight through. It is wide because it is both directions of one connection under one
// lock.
type wire struct {
	net.Conn
	link *Link
	peer Peer
	life *life
	out  *line // written, not yet sent
	due  deadlines

	mu      sync.Mutex // guards the fields below
	screen  screen
	watched bool           // faults look at its messages: all its bytes go through the lines
	pumping bool           // the line out is being sent
	lingers bool           // the node has closed it, the peer does not know yet
	failed  error          // of a queued write
	in      *line          // nil until a fault touches what comes in; then never another
	reading bool           // the node waits for the connection itself, and not for the line in
	doomed  [From + 1]bool // a break is on its way: what comes behind it is lost
	passed  map[*Armed]int // what each fault has counted
}

// screen sees the messages in the bytes of a connection.
type screen interface {
	// track sees bytes that pass as they are.
	track(way Direction, p []byte)
	// watch begins to take messages one by one.
	watch()
	// pass takes bytes once it watches, and sends on what becomes of them.
	pass(way Direction, p []byte)
	// held gives back the bytes that were taken and not sent on, as their message is not
	// whole.
	held(way Direction) []byte
}

func newWire(l *Link, c net.Conn, p Peer, asks Direction) *wire {
	w := &wire{Conn: c, link: l, peer: p, life: newLife(), out: newLine()}
	if p.ZooKeeper {
		w.screen = newZKScreen(w)
	} else {
		w.screen = newHTTPScreen(w, asks)
	}
	return w
}

// watch makes the wire look at messages from now on.
func (w *wire) watch() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.watched {
		return
	}
	w.watched = true
	w.screen.watch()
	w.divert()
}

// push takes bytes that go a way; the caller holds mu.
func (w *wire) push(way Direction, p []byte) {
	switch {
	case len(p) == 0 || w.doomed[way]:
	case w.watched:
		w.screen.pass(way, p)
	default:
		w.screen.track(way, p)
		w.send(way, p, nil)
	}
}

// send puts bytes on the line of their direction, as late as the faults want; the caller
// holds mu.
func (w *wire) send(way Direction, p []byte, held []late) {
	if len(p) == 0 || w.doomed[way] {
		return
	}
	s, now := w.link.state(), time.Now()
	p, ends := s.curtail(w, way, slices.Clone(p))
	for part := range slices.Chunk(p, s.slice(w.peer, way, len(p))) {
		w.put(way, chunk{data: part, at: now, late: append(slices.Clone(held), s.delays(w.peer, way, len(part), now)...)})
	}
	if ends.by != nil {
		w.breakOff(way, ends)
	}
}

// breakOff lets the connection break behind what is on its way in a direction; the caller
// holds mu.
func (w *wire) breakOff(way Direction, b breaking) {
	if w.doomed[way] {
		return
	}
	w.doomed[way] = true
	w.put(way, chunk{at: time.Now(), late: []late{{b.by, b.after}}, breaks: b})
	if way == From {
		go w.breakInTurn(b)
	}
}

// put puts a chunk on the line of its direction; the caller holds mu.
func (w *wire) put(way Direction, c chunk) {
	if way == From {
		w.in.add(c)
		return
	}
	w.out.add(c)
	if !w.pumping {
		w.pumping = true
		go w.pump()
	}
}

// count adds to what a fault has counted on the connection; the caller holds mu.
func (w *wire) count(a *Armed, n int) int {
	if w.passed == nil {
		w.passed = map[*Armed]int{}
	}
	w.passed[a] += n
	return w.passed[a]
}

// SetDeadline implements net.Conn.
func (w *wire) SetDeadline(t time.Time) error {
	if err := w.SetReadDeadline(t); err != nil {
		return err
	}
	return w.SetWriteDeadline(t)
}

// SetReadDeadline implements net.Conn.
func (w *wire) SetReadDeadline(t time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.due.set(From, t)
	if w.in != nil {
		return nil
	}
	return w.Conn.SetReadDeadline(t)
}

// SetWriteDeadline implements net.Conn.
func (w *wire) SetWriteDeadline(t time.Time) error {
	w.due.set(To, t)
	return w.Conn.SetWriteDeadline(t)
}

// Close ends the connection for the node. The peer learns of it when what was
// written before has arrived, and nothing holds up what goes to it.
func (w *wire) Close() error {
	w.life.close.Do(func() { close(w.life.closed) })
	hold, _ := w.link.holds(w.peer, To)
	w.mu.Lock()
	w.send(To, w.screen.held(To), nil)
	if !hold && !w.pumping {
		w.mu.Unlock()
		w.sever(nil)
		return nil
	}
	defer w.mu.Unlock()
	if w.in == nil {
		_ = w.Conn.SetReadDeadline(time.Unix(1, 0)) // the node must not read on; if it fails the connection has ended anyway
	}
	w.lingers = true
	if !w.pumping {
		w.pumping = true
		go w.pump()
	}
	return nil
}

// sever ends the connection for both sides at once; by says which fault does so, if it
// is one.
func (w *wire) sever(by *breaking) {
	w.life.end.Do(func() {
		w.life.reset = by != nil
		close(w.life.gone)
		w.life.close.Do(func() { close(w.life.closed) }) // behind the reason, for which those look who wait for it
		w.link.forget(w)
		if by != nil && by.reset {
			abort(w.Conn)
		}
		_ = w.Conn.Close() // for both sides it just breaks
	})
}

// abort makes the close that follows a reset for the peer, where the connection can do
// so.
func abort(conn net.Conn) {
	if c, ok := conn.(interface{ SetLinger(int) error }); ok {
		_ = c.SetLinger(0) // if it fails, the peer sees an end instead
	}
}
