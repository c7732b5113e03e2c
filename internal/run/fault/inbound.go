package fault

import (
	"net"
	"os"
	"sync"
	"time"
)

// inbound is what has arrived on a connection and is not yet given to the node.
// A connection has one from the moment a fault first touched what comes in: from
// then on bytes are read as they arrive, so that a delay makes each late, and does
// not slow the stream down.
type inbound struct {
	mu     sync.Mutex // guards the fields below
	chunks []chunk
	bytes  int
	err    error         // after the last chunk
	errDue time.Time     // when the node may see it
	moved  chan struct{} // closed when any of them changes
}

func (in *inbound) change(f func()) {
	in.mu.Lock()
	defer in.mu.Unlock()
	f()
	close(in.moved)
	in.moved = make(chan struct{})
}

// arrive adds what a read has brought.
func (in *inbound) arrive(p []byte, err error, due time.Time) {
	in.change(func() {
		if len(p) > 0 {
			in.chunks = append(in.chunks, chunk{append([]byte(nil), p...), due})
			in.bytes += len(p)
		}
		if err != nil {
			in.err, in.errDue = err, due
		}
	})
}

// next gives bytes, or the error behind them, that are due. Otherwise it returns how
// long it will take, 0 when nothing is on its way, and what to watch meanwhile.
func (in *inbound) next(p []byte) (n int, err error, ok bool, wait time.Duration, moved <-chan struct{}) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if len(in.chunks) == 0 {
		if in.err != nil {
			wait = time.Until(in.errDue)
		}
		return 0, in.err, in.err != nil && wait <= 0, wait, in.moved
	}
	first := &in.chunks[0]
	if wait := time.Until(first.due); wait > 0 {
		return 0, nil, false, wait, in.moved
	}
	n = copy(p, first.data)
	if first.data = first.data[n:]; len(first.data) == 0 {
		in.chunks = in.chunks[1:]
	}
	in.bytes -= n
	close(in.moved) // there may be room again
	in.moved = make(chan struct{})
	return n, nil, true, 0, nil
}

// room waits until there is some; false when the connection is gone.
func (in *inbound) room(gone <-chan struct{}) bool {
	for {
		in.mu.Lock()
		full, moved := in.bytes >= queueLimit, in.moved
		in.mu.Unlock()
		if !full {
			return true
		}
		select {
		case <-moved:
		case <-gone:
			return false
		}
	}
}

// divert makes a connection's arrivals go through an inbound, beginning with what
// was just read.
func (w *wire) divert(p []byte, err error, late time.Duration) {
	in := &inbound{moved: make(chan struct{})}
	in.arrive(p, err, time.Now().Add(late))
	w.mu.Lock()
	w.in = in
	_ = w.Conn.SetReadDeadline(time.Time{}) // the node's deadlines are kept by readDue now
	w.mu.Unlock()
	if err == nil {
		go w.takeIn(in)
	}
}

// arrivalSize is how much is read at once.
const arrivalSize = 32 << 10

// takeIn reads what arrives until the connection ends.
func (w *wire) takeIn(in *inbound) {
	buf := make([]byte, arrivalSize)
	for in.room(w.gone) {
		n, err := w.Conn.Read(buf)
		v, _ := w.link.ask(w.peer, From)
		w.sniffed(buf[:n])
		in.arrive(buf[:n], err, time.Now().Add(v.late))
		if err != nil {
			return
		}
	}
}

// readDue gives what has arrived, is due and is not held up; an error when the read
// deadline comes first, or the node closes the connection.
func (w *wire) readDue(in *inbound, p []byte) (int, error) {
	for {
		v, changed := w.link.ask(w.peer, From)
		w.mu.Lock()
		deadline, deadlines := w.readDeadline, w.deadlines
		w.mu.Unlock()
		var wait time.Duration
		var moved <-chan struct{}
		if !v.hold {
			n, err, ok, later, m := in.next(p)
			if ok {
				return n, err
			}
			wait, moved = later, m
		}
		if err := w.pauseRead(wait, deadline, changed, moved, deadlines); err != nil {
			return 0, err
		}
	}
}

// pauseRead returns when one of the channels says so, or the wait, unless it is 0,
// is over; an error when the deadline comes, or the connection is closed.
func (w *wire) pauseRead(wait time.Duration, deadline time.Time, changed, moved, deadlines <-chan struct{}) error {
	var due, over <-chan time.Time
	if wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		due = timer.C
	}
	if !deadline.IsZero() {
		timer := time.NewTimer(time.Until(deadline))
		defer timer.Stop()
		over = timer.C
	}
	select {
	case <-due:
	case <-changed:
	case <-moved:
	case <-deadlines:
	case <-over:
		return os.ErrDeadlineExceeded
	case <-w.closed:
		return net.ErrClosed
	}
	return nil
}
