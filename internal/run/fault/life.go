package fault

import (
	"net"
	"sync"
	"syscall"
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

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
