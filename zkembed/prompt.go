package zkembed

import (
	"io"
	"net"
)

// promptConn is a connection that takes output at once, as far as there is room: a writer of its own would cost a wake-up
// for each answer, and buffers.
type promptConn interface {
	io.Reader

	// WriteSome returns how many bytes are written; the rest has to wait.
	WriteSome(b []byte) int
}

// promptly is nil for a connection that cannot do so.
func promptly(nc net.Conn) promptConn {
	if inMemory, ok := nc.(promptConn); ok {
		return inMemory
	}
	return newSocket(nc)
}
