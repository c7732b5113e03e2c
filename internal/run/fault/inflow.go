package fault

import (
	"net"
	"time"
)

// divert makes what arrives go through a line of its own: from then on bytes are read as
// they arrive, so that a delay makes each late, and does not slow the stream down. A
// read of the node's that is under way is woken up, and goes on from the line. The caller
// holds mu.
func (w *wire) divert() {
	if w.in != nil {
		return
	}
	w.in = newLine()
	if w.reading {
		_ = w.Conn.SetReadDeadline(time.Unix(1, 0)) // if it fails the connection has ended, and so has the read
		return
	}
	w.startTaking()
}

// startTaking begins to read what arrives; the caller holds mu.
func (w *wire) startTaking() {
	_ = w.Conn.SetReadDeadline(time.Time{}) // the node's deadlines are kept by readDue now
	go w.takeIn()
}

// arrivalSize is how much is read at once.
const arrivalSize = 32 << 10

// takeIn reads what arrives until the connection ends.
func (w *wire) takeIn() {
	buf := make([]byte, arrivalSize)
	for w.in.room(w.life.gone) {
		n, err := w.Conn.Read(buf)
		w.mu.Lock()
		w.arrive(buf[:n], err)
		w.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// arrive puts what a read has brought on the line; the caller holds mu.
func (w *wire) arrive(p []byte, err error) {
	w.push(From, p)
	if err == nil {
		return
	}
	w.send(From, w.screen.held(From), nil)
	if !w.doomed[From] {
		now := time.Now()
		w.in.add(chunk{at: now, late: w.link.state().delays(w.peer, From, 0, now), end: err})
	}
}

// Read gives what has arrived, unless a fault holds it up or makes it late. What
// arrived before the fault was armed, but was not yet read, is held up too.
func (w *wire) Read(p []byte) (int, error) {
	w.mu.Lock()
	if w.in != nil {
		w.mu.Unlock()
		return w.readDue(p)
	}
	w.reading = true
	w.mu.Unlock()
	n, err := w.Conn.Read(p)
	w.mu.Lock()
	w.reading = false
	switch {
	case w.in != nil: // a fault came meanwhile
		if isTimeout(err) {
			err = nil
		}
		w.arrive(p[:n], err)
		if err == nil {
			w.startTaking()
		}
	case isTimeout(err):
		w.mu.Unlock()
		return n, err
	case !w.link.state().touches(w.peer, From):
		w.screen.track(From, p[:n])
		w.mu.Unlock()
		return n, w.life.explain("read", err)
	default:
		w.in = newLine()
		w.arrive(p[:n], err)
		if err == nil {
			w.startTaking()
		}
	}
	w.mu.Unlock()
	return w.readDue(p)
}

func isTimeout(err error) bool {
	ne, ok := err.(net.Error)
	return ok && ne.Timeout()
}

// readDue gives what has arrived, is due and is not held up; an error when the read
// deadline comes first, or the node closes the connection.
func (w *wire) readDue(p []byte) (int, error) {
	for {
		hold, changed := w.link.holds(w.peer, From)
		deadline, deadlines := w.due.of(From)
		c, ok, moved := w.in.first()
		var wait time.Duration
		if ok && !hold && c.breaks.by == nil {
			if wait = time.Until(c.due()); wait <= 0 {
				return w.give(p, c)
			}
		}
		if err := w.life.pause("read", wait, deadline, changed, moved, deadlines); err != nil {
			return 0, err
		}
	}
}

// give hands out the chunk that is first. Only the node's reader takes from the line.
func (w *wire) give(p []byte, c chunk) (int, error) {
	if c.end != nil {
		return 0, w.life.explain("read", c.end)
	}
	n := copy(p, c.data)
	w.in.shift(n)
	return n, nil
}

// breakInTurn ends the connection once what arrived before the break has been read.
func (w *wire) breakInTurn(b breaking) {
	for {
		c, ok, moved := w.in.first()
		_, changed := w.link.holds(w.peer, From)
		var ready <-chan time.Time
		if ok && c.breaks.by != nil {
			wait := time.Until(c.due())
			if wait <= 0 {
				w.sever(&b)
				return
			}
			ready = time.After(wait)
		}
		select {
		case <-ready:
		case <-moved:
		case <-changed:
		case <-w.life.gone:
			return
		}
	}
}
