package fault

import (
	"net"
	"os"
	"time"
)

// Write sends at once, or queues what a fault holds up or makes late. Like a
// socket it does not tell the writer that nothing arrives.
func (w *wire) Write(p []byte) (int, error) {
	w.mu.Lock()
	switch {
	case w.failed != nil:
		defer w.mu.Unlock()
		return 0, w.failed
	case !w.watched && !w.pumping && !w.link.state().touches(w.peer, To):
		w.screen.track(To, p)
		w.mu.Unlock()
		n, err := w.Conn.Write(p)
		return n, w.life.explain("write", err)
	}
	w.mu.Unlock()
	return w.writeQueued(p)
}

// pieceSize is how much of a write is queued at once.
const pieceSize = 256 << 10

// writeQueued queues what is written, as far as there is room.
func (w *wire) writeQueued(p []byte) (int, error) {
	written := 0
	for written < len(p) {
		if err := w.awaitRoom(); err != nil {
			return written, err
		}
		n := min(len(p)-written, pieceSize)
		w.mu.Lock()
		if err := w.failed; err != nil {
			w.mu.Unlock()
			return written, err
		}
		w.push(To, p[written:written+n])
		w.mu.Unlock()
		written += n
	}
	return written, nil
}

// awaitRoom waits until the line takes more. When a fault holds up what is on it, the
// peer does not read: the writer is told at once.
func (w *wire) awaitRoom() error {
	for {
		hold, changed := w.link.holds(w.peer, To)
		full, moved := w.out.full()
		deadline, deadlines := w.due.of(To)
		switch {
		case !full && !isClosed(w.life.closed):
			return nil
		case !full:
			return w.life.explain("write", net.ErrClosed)
		case hold:
			return os.ErrDeadlineExceeded
		}
		if err := w.life.pause("write", 0, deadline, changed, moved, deadlines); err != nil {
			return err
		}
	}
}

// pump sends what is on the line, in order, each chunk when it is due and not held up.
// It ends with the line, or when the connection breaks; if the node has closed the
// connection meanwhile, the peer learns of it behind the last chunk.
func (w *wire) pump() {
	for {
		w.mu.Lock()
		c, ok, _ := w.out.first()
		if !ok {
			w.pumping = false
			lingers := w.lingers
			w.mu.Unlock()
			if lingers && w.awaitDue(&chunk{}) {
				w.sever(nil)
			}
			return
		}
		w.mu.Unlock()
		if !w.awaitDue(&c) {
			return
		}
		if c.breaks.by != nil {
			w.sever(&c.breaks)
			return
		}
		if _, err := w.Conn.Write(c.data); err != nil {
			w.mu.Lock()
			w.failed = w.life.explain("write", err)
			w.mu.Unlock()
			w.sever(nil)
			return
		}
		w.out.shift(len(c.data))
	}
}

// awaitDue waits until a chunk may leave; false when the connection is broken.
func (w *wire) awaitDue(c *chunk) bool {
	for {
		hold, changed := w.link.holds(w.peer, To)
		var ready <-chan time.Time
		// A fault that breaks the connection does not wait for one that holds it up.
		if !hold || c.breaks.by != nil {
			wait := time.Until(c.due())
			if wait <= 0 {
				return true
			}
			ready = time.After(wait)
		}
		select {
		case <-ready:
		case <-changed:
		case <-w.life.gone:
			return false
		}
	}
}
