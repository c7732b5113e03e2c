package fault

import (
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// life is how a connection ends: for the node, and for both sides.
type life struct {
	closed chan struct{} // the node has closed it
	gone   chan struct{} // it is broken for both sides
	close  sync.Once
	end    sync.Once
	reset  bool // a fault has broken it; not written once gone is closed
}

func newLife() *life { return &life{closed: make(chan struct{}), gone: make(chan struct{})} }

// explain is the error of an operation on the connection: of one that a fault has broken,
// that it was reset.
func (l *life) explain(op string, err error) error {
	if err != nil && isClosed(l.gone) && l.reset {
		return &net.OpError{Op: op, Net: "tcp", Err: syscall.ECONNRESET}
	}
	return err
}

// pause returns when one of the channels says so, or the wait, unless it is 0, is over;
// an error when the deadline comes, or the connection is closed.
func (l *life) pause(op string, wait time.Duration, deadline time.Time, changed, moved, deadlines <-chan struct{}) error {
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
	case <-l.closed:
		return l.explain(op, net.ErrClosed)
	}
	return nil
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// deadlines are those that the node has set on the two directions of a connection.
type deadlines struct {
	mu    sync.Mutex // guards the fields below
	at    [From + 1]time.Time
	moved chan struct{} // closed when one of them changes; nil until somebody waits for that
}

func (d *deadlines) set(way Direction, t time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.at[way] = t
	if d.moved != nil {
		close(d.moved)
		d.moved = nil
	}
}

func (d *deadlines) of(way Direction) (t time.Time, moved <-chan struct{}) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.moved == nil {
		d.moved = make(chan struct{})
	}
	return d.at[way], d.moved
}
