package memnet

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// bufferLimit is how many bytes one direction holds before its writer waits.
const bufferLimit = 256 << 10

// storeLimit is how much room a direction keeps while nothing is in it.
const storeLimit = 1 << 10

// conn is one end of a connection: it reads from one stream and writes to another.
type conn struct {
	in, out       *stream
	local, remote *net.TCPAddr
}

func pair(a, b *net.TCPAddr) (*conn, *conn) {
	ab, ba := newStream(), newStream()
	return &conn{in: ba, out: ab, local: a, remote: b}, &conn{in: ab, out: ba, local: b, remote: a}
}

func (c *conn) Read(p []byte) (int, error) {
	n, err := c.in.read(p)
	return n, c.wrap("read", err)
}

func (c *conn) Write(p []byte) (int, error) {
	n, err := c.out.write(p)
	return n, c.wrap("write", err)
}

// WriteSome writes as much as there is room for and returns how much that was; it never waits.
func (c *conn) WriteSome(p []byte) int { return c.out.writeSome(p) }

// Close ends both directions: the peer can still read what was written before, and what it writes from now on is
// refused. The refusal comes before the peer can see the end: an answer to the end must not reach a reader of the
// closed connection.
func (c *conn) Close() error {
	c.in.refuse()
	c.out.finish()
	return nil
}

// CloseWrite ends only the outgoing direction, like a TCP half-close.
func (c *conn) CloseWrite() error {
	c.out.finish()
	return nil
}

func (c *conn) LocalAddr() net.Addr  { return c.local }
func (c *conn) RemoteAddr() net.Addr { return c.remote }

func (c *conn) SetDeadline(t time.Time) error {
	c.in.readDeadline.set(c.in, t)
	c.out.writeDeadline.set(c.out, t)
	return nil
}

func (c *conn) SetReadDeadline(t time.Time) error {
	c.in.readDeadline.set(c.in, t)
	return nil
}

func (c *conn) SetWriteDeadline(t time.Time) error {
	c.out.writeDeadline.set(c.out, t)
	return nil
}

func (c *conn) wrap(op string, err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return err
	}
	return &net.OpError{Op: op, Net: "tcp", Source: c.local, Addr: c.remote, Err: err}
}

// stream is one direction of a connection.
type stream struct {
	mu            sync.Mutex // guards the fields below and what the condition waits for
	changed       *sync.Cond
	buf           []byte // what is to be read, in store
	store         []byte // holds on to what is short, for what comes next
	finished      bool   // the writer closed: EOF after what is buffered
	refused       bool   // the reader closed: no more reads or writes
	readDeadline  deadline
	writeDeadline deadline
}

func newStream() *stream {
	s := &stream{}
	s.changed = sync.NewCond(&s.mu)
	return s
}

func (s *stream) read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		switch {
		case s.refused:
			return 0, net.ErrClosed
		case s.readDeadline.over:
			return 0, os.ErrDeadlineExceeded
		case len(s.buf) > 0:
			n := copy(p, s.buf)
			if s.buf = s.buf[n:]; len(s.buf) == 0 {
				s.buf = s.store[:0]
			}
			s.changed.Broadcast()
			return n, nil
		case s.finished:
			return 0, io.EOF
		case len(p) == 0:
			return 0, nil
		}
		s.changed.Wait()
	}
}

func (s *stream) write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	written := 0
	for {
		switch {
		case s.finished:
			return written, net.ErrClosed
		case s.refused:
			return written, syscall.EPIPE
		case s.writeDeadline.over:
			return written, os.ErrDeadlineExceeded
		case len(p) == 0:
			return written, nil
		}
		if n := s.take(p); n > 0 {
			p, written = p[n:], written+n
			continue
		}
		s.changed.Wait()
	}
}

// take buffers what there is room for; the caller holds mu.
func (s *stream) take(p []byte) int {
	n := min(bufferLimit-len(s.buf), len(p))
	if n > 0 {
		if s.buf = append(s.buf, p[:n]...); n == len(s.buf) && cap(s.buf) <= storeLimit {
			s.store = s.buf
		}
		s.changed.Broadcast()
	}
	return n
}

func (s *stream) writeSome(p []byte) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.finished || s.refused || s.writeDeadline.over {
		return 0 // the ordinary write says why
	}
	return s.take(p)
}

func (s *stream) finish() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.finished = true
	s.writeDeadline.stop()
	s.changed.Broadcast()
}

func (s *stream) refuse() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refused, s.buf, s.store = true, nil, nil
	s.readDeadline.stop()
	s.changed.Broadcast()
}

// deadline is a time after which a direction of a stream fails for one side. Most are put off before they come, so the
// timer is left alone then, and looks again when it fires.
type deadline struct {
	at    time.Time // zero is never
	over  bool
	timer *time.Timer
	fires time.Time // when the timer does; zero when it does not
}

// stop stops the timer; the caller holds the stream's mutex.
func (d *deadline) stop() {
	if d.at, d.fires = (time.Time{}), (time.Time{}); d.timer != nil {
		d.timer.Stop()
	}
}

func (d *deadline) set(s *stream, t time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d.at, d.over = t, false
	if t.IsZero() {
		return
	}
	d.look(s)
}

// look ends the direction if it is time, and otherwise sees to it that the timer fires by then; the caller holds the
// stream's mutex.
func (d *deadline) look(s *stream) {
	wait := time.Until(d.at)
	switch {
	case wait <= 0:
		d.over = true
		s.changed.Broadcast()
	case d.timer == nil:
		d.timer = time.AfterFunc(wait, func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			if d.fires = (time.Time{}); !d.at.IsZero() {
				d.look(s)
			}
		})
		d.fires = d.at
	case d.fires.IsZero() || d.at.Before(d.fires):
		d.timer.Reset(wait)
		d.fires = d.at
	}
}
