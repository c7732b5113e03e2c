//go:build !unix

package zkembed

import "net"

// newSocket is nil: there are no system calls that never wait.
func newSocket(net.Conn) promptConn { return nil }
