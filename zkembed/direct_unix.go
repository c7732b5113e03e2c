//go:build unix

package zkembed

import (
	"net"
	"syscall"
)

// directWriter writes to a socket as much as the system takes without waiting.
type directWriter struct {
	raw   syscall.RawConn
	try   func(fd uintptr) bool // made once, because each would be garbage
	bytes []byte
	n     int
}

// newDirectWriter is nil for what is no socket.
func newDirectWriter(nc net.Conn) *directWriter {
	tc, ok := nc.(*net.TCPConn)
	if !ok {
		return nil
	}
	raw, err := tc.SyscallConn()
	if err != nil {
		return nil
	}
	d := &directWriter{raw: raw}
	d.try = func(fd uintptr) bool {
		d.n, _ = syscall.Write(int(fd), d.bytes) // whatever is wrong, the ordinary write will say
		return true
	}
	return d
}

// write returns how many bytes are written; the rest has to wait.
func (d *directWriter) write(b []byte) int {
	d.bytes, d.n = b, 0
	err := d.raw.Write(d.try)
	d.bytes = nil
	if err != nil {
		return 0
	}
	return max(0, d.n)
}
