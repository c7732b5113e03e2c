package zkembed

import (
	"context"
	"errors"
	"maps"
	"net"
	"slices"
	"sync"
	"time"
)

// lifetime is what lives from one start or restart to the next: the way to the
// state, and the connections.
type lifetime struct {
	inbox    chan parcel
	done     chan struct{} // closed when the state has ended
	replaced chan struct{} // closed when the next life has begun, or Run has ended
	conns    sync.WaitGroup

	mu       sync.Mutex // guards the fields below
	open     map[*conn]struct{}
	from     map[string]int // connections by address
	numbered int64          // connections so far
	over     bool
}

// inboxLimit is how many parcels may wait for the state; readers wait past it.
const inboxLimit = 1024

func newLifetime() *lifetime {
	return &lifetime{
		inbox: make(chan parcel, inboxLimit), done: make(chan struct{}), replaced: make(chan struct{}),
		open: map[*conn]struct{}{}, from: map[string]int{},
	}
}

// end closes every connection and returns when their goroutines are gone.
func (l *lifetime) end() {
	close(l.done)
	l.mu.Lock()
	l.over = true
	l.mu.Unlock()
	for _, c := range l.connections() {
		c.finish()
	}
	l.conns.Wait()
}

// connections are those that are open, in the order in which they came.
func (l *lifetime) connections() []*conn {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.SortedFunc(maps.Keys(l.open), byNumber)
}

// admit starts serving a connection, unless its address has too many or the life is
// over. It does so under the lock, so that end waits for every one that began.
func (l *lifetime) admit(c *conn, limit int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over || limit > 0 && l.from[c.host] >= limit {
		return false
	}
	l.numbered++
	c.number = l.numbered
	l.open[c] = struct{}{}
	l.from[c.host]++
	l.conns.Go(func() {
		c.serve()
		l.dismiss(c)
	})
	return true
}

func (l *lifetime) dismiss(c *conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open, c)
	if l.from[c.host]--; l.from[c.host] == 0 {
		delete(l.from, c.host)
	}
}

// post hands a parcel to the state; false when the state has ended.
func (l *lifetime) post(p parcel) bool {
	select {
	case l.inbox <- p:
		return true
	case <-l.done:
		return false
	}
}

// call runs f on the state's goroutine and waits for it.
func (l *lifetime) call(ctx context.Context, f func(*state) error) error {
	done := make(chan error, 1)
	if !l.post(parcel{call: func(st *state) { done <- f(st) }}) {
		return ErrNotRunning
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-l.done:
		select {
		case err := <-done: // it was the state's last act
			return err
		default:
			return ErrNotRunning
		}
	}
}

// acceptRetry is the pause after an accept that failed for want of something.
const acceptRetry = 10 * time.Millisecond

// accept serves what connects until the listener is closed.
func (s *Server) accept(ln net.Listener) {
	for {
		nc, err := ln.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil:
			s.opts.Log.Warn("accept", "error", err)
			time.Sleep(acceptRetry)
		default:
			if life := s.present(); life == nil || !s.adopt(nc, life) {
				refuse(nc)
			}
		}
	}
}

// refuse resets a connection, as Apache's server does with one too many.
func refuse(nc net.Conn) {
	if tc, ok := nc.(*net.TCPConn); ok {
		_ = tc.SetLinger(0) // without it the peer sees an end instead of a reset
	}
	_ = nc.Close() // nothing was written
}

// adopt starts serving a connection, if there is room for it.
func (s *Server) adopt(nc net.Conn, life *lifetime) bool {
	return life.admit(newConn(s, life, nc), s.opts.MaxConnections)
}
