//go:build unix

package zkembed

import (
	"io"
	"net"
	"syscall"
)

// socket is a TCP connection whose system calls never wait: they take what is there. So
// they are made without Go's scheduler, whose bookkeeping would cost more. Its reader waits
// between two calls; a writer does not.
type socket struct {
	raw         syscall.RawConn
	in, out     []byte // under way
	nIn, nOut   int
	failed      error // of the reading
	read, write func(fd uintptr) bool
}

// newSocket is nil for anything but a socket.
func newSocket(nc net.Conn) promptConn {
	tc, ok := nc.(*net.TCPConn)
	if !ok {
		return nil
	}
	raw, err := tc.SyscallConn()
	if err != nil {
		return nil
	}
	s := &socket{raw: raw}
	s.read, s.write = s.tryRead, s.tryWrite // made once: each call would allocate them
	return s
}

// Read waits for bytes. One goroutine may read while another writes.
func (s *socket) Read(b []byte) (int, error) {
	s.in, s.nIn, s.failed = b, 0, nil
	err := s.raw.Read(s.read)
	s.in = nil
	switch {
	case err != nil:
		return 0, err
	case s.failed != nil:
		return 0, s.failed
	case s.nIn == 0 && len(b) > 0:
		return 0, io.EOF
	}
	return s.nIn, nil
}

// tryRead reports whether there is no need to wait.
func (s *socket) tryRead(fd uintptr) bool {
	n, err := readNow(fd, s.in)
	switch err {
	case nil:
		s.nIn = n
	case syscall.EAGAIN:
		return false
	default:
		s.failed = err
	}
	return true
}

// WriteSome implements promptConn.
func (s *socket) WriteSome(b []byte) int {
	s.out, s.nOut = b, 0
	err := s.raw.Write(s.write)
	s.out = nil
	if err != nil {
		return 0
	}
	return s.nOut
}

func (s *socket) tryWrite(fd uintptr) bool {
	if n, err := writeNow(fd, s.out); err == nil { // on an error the ordinary write reports it
		s.nOut = n
	}
	return true
}
