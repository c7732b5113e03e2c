package fault

import (
	"net"
	"os"
	"sync"
	"time"
)

// wire is a connection under a link. While no fault touches it, reads and writes go
// straight through. It is wide because it is both directions of one connection under one
// lock.
type wire struct {
	net.Conn
	link  *Link
	peer  Peer
	sniff *sniffer // of a ZooKeeper connection

	closed chan struct{} // the node has closed it
	gone   chan struct{} // it is broken for both sides
	once   sync.Once
	end    sync.Once

	mu           sync.Mutex // guards the fields below
	queue        []chunk    // written, not yet sent
	queued       int        // bytes of it
	pumping      bool
	lingers      bool     // the node has closed it, the peer does not know yet
	failed       error    // of a queued write
	in           *inbound // nil until a fault touches what comes in
	readDeadline time.Time
	deadlines    chan struct{} // closed when the read deadline changes
}

// chunk is bytes on their way, due at a time.
type chunk struct {
	data []byte
	due  time.Time
}

// queueLimit is how many bytes a held-up connection takes before its writer is
// told that the peer does not read.
const queueLimit = 4 << 20

func newWire(l *Link, c net.Conn, p Peer) *wire {
	return &wire{Conn: c, link: l, peer: p, closed: make(chan struct{}), gone: make(chan struct{}), deadlines: make(chan struct{})}
}

// Write sends at once, or queues what a fault holds up or makes late. Like a
// socket it does not tell the writer that nothing arrives.
func (w *wire) Write(p []byte) (int, error) {
	v, _ := w.link.ask(w.peer, To)
	w.mu.Lock()
	switch {
	case w.failed != nil:
		w.mu.Unlock()
		return 0, w.failed
	case !v.hold && v.late == 0 && !w.pumping:
		w.mu.Unlock()
		return w.Conn.Write(p)
	case w.queued+len(p) > queueLimit:
		w.mu.Unlock()
		return 0, os.ErrDeadlineExceeded
	}
	defer w.mu.Unlock()
	w.queue = append(w.queue, chunk{append([]byte(nil), p...), time.Now().Add(v.late)})
	w.queued += len(p)
	if !w.pumping {
		w.pumping = true
		go w.pump()
	}
	return len(p), nil
}

// pump sends the queue, in order, each chunk when it is due and not held up. It
// ends with the queue, or when the connection breaks; if the node has closed the
// connection meanwhile, the peer learns of it behind the last chunk.
func (w *wire) pump() {
	for {
		w.mu.Lock()
		if len(w.queue) == 0 {
			w.pumping = false
			lingers := w.lingers
			w.mu.Unlock()
			if lingers && w.awaitDue(time.Time{}) {
				w.sever()
			}
			return
		}
		next := w.queue[0]
		w.queue = w.queue[1:]
		w.queued -= len(next.data)
		w.mu.Unlock()
		if !w.awaitDue(next.due) {
			return
		}
		if _, err := w.Conn.Write(next.data); err != nil {
			w.mu.Lock()
			w.failed = err
			w.mu.Unlock()
			w.sever()
			return
		}
	}
}

// awaitDue waits until bytes may leave; false when the connection is broken.
func (w *wire) awaitDue(due time.Time) bool {
	for {
		v, changed := w.link.ask(w.peer, To)
		var ready <-chan time.Time
		if !v.hold {
			wait := time.Until(due)
			if wait <= 0 {
				return true
			}
			ready = time.After(wait)
		}
		select {
		case <-ready:
		case <-changed:
		case <-w.gone:
			return false
		}
	}
}

// Read gives what has arrived, unless a fault holds it up or makes it late. What
// arrived before the fault was armed, but was not yet read, is held up too.
func (w *wire) Read(p []byte) (int, error) {
	w.mu.Lock()
	in := w.in
	w.mu.Unlock()
	if in == nil {
		n, err := w.Conn.Read(p)
		if isTimeout(err) {
			return n, err
		}
		w.sniffed(p[:n])
		v, _ := w.link.ask(w.peer, From)
		if !v.hold && v.late == 0 {
			return n, err
		}
		w.divert(p[:n], err, v.late)
	}
	return w.readDue(w.in, p)
}

func (w *wire) sniffed(p []byte) {
	if w.sniff != nil {
		w.sniff.see(w.link, p)
	}
}

func isTimeout(err error) bool {
	ne, ok := err.(net.Error)
	return ok && ne.Timeout()
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
	w.readDeadline = t
	close(w.deadlines)
	w.deadlines = make(chan struct{})
	if w.in != nil {
		return nil
	}
	return w.Conn.SetReadDeadline(t)
}

// Close ends the connection for the node. The peer learns of it when what was
// written before has arrived, and nothing holds up what goes to it.
func (w *wire) Close() error {
	w.once.Do(func() { close(w.closed) })
	v, _ := w.link.ask(w.peer, To)
	w.mu.Lock()
	if !v.hold && !w.pumping {
		w.mu.Unlock()
		w.sever()
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

// sever ends the connection for both sides at once.
func (w *wire) sever() {
	w.once.Do(func() { close(w.closed) })
	w.end.Do(func() {
		close(w.gone)
		w.link.forget(w)
		_ = w.Conn.Close() // for both sides it just breaks
	})
}
