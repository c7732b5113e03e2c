package zkembed

import (
	"errors"
	"fmt"
	"net"
	"time"
)

// isOpen reports whether clients are let in.
func (e *Endpoint) isOpen() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.ln != nil
}

// begin listens, unless the endpoint is stopped; the server has begun to run.
func (e *Endpoint) begin() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.running, e.addr = true, nil
	if e.stopped {
		return nil
	}
	return e.open(e.listen)
}

// open listens and lets clients in; the caller holds mu.
func (e *Endpoint) open(addr string) error {
	ln, err := e.srv.opts.Network.Listen(addr)
	if err != nil {
		return fmt.Errorf("zookeeper: %w", err)
	}
	e.ln, e.addr = ln, ln.Addr()
	e.accepting.Go(func() { e.accept(ln) })
	return nil
}

// closeListener ends accept; the caller holds mu.
func (e *Endpoint) closeListener() {
	if e.ln != nil {
		_ = e.ln.Close() // it is gone either way
		e.ln = nil
	}
}

// end stops letting clients in; the server has ended.
func (e *Endpoint) end() {
	e.mu.Lock()
	e.running = false
	e.closeListener()
	e.mu.Unlock()
	e.accepting.Wait()
}

// acceptRetry is the pause after an accept that failed, usually for lack of descriptors.
const acceptRetry = 10 * time.Millisecond

// accept serves what connects until the listener is closed.
func (e *Endpoint) accept(ln net.Listener) {
	for {
		nc, err := ln.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil:
			e.srv.opts.Log.Warn("accept", "error", err)
			time.Sleep(acceptRetry)
		default:
			if life := e.srv.lives.present(); life == nil || !e.adopt(nc, life) {
				refuse(nc)
			}
		}
	}
}

// adopt starts serving a connection, if there is room for it.
func (e *Endpoint) adopt(nc net.Conn, life *lifetime) bool {
	return life.admit(newConn(e, life, nc), e.srv.opts.MaxConnections)
}

// refuse resets a connection, as Apache's server does with one too many.
func refuse(nc net.Conn) {
	if tc, ok := nc.(*net.TCPConn); ok {
		_ = tc.SetLinger(0) // without it the peer sees an end instead of a reset
	}
	_ = nc.Close() // nothing was written
}
