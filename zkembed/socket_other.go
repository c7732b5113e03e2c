//go:build !unix

package zkembed

import "net"

// socket is unused where there are no system calls that never wait.
type socket struct{}

func newSocket(net.Conn) (*socket, bool) { return nil, false }

func (*socket) Read([]byte) (int, error) { panic("zkembed: no such socket") }

func (*socket) WriteSome([]byte) int { return 0 }
