package zkembed

import (
	"net"
	"sync/atomic"

	"oakmoot/internal/run/memnet"
)

// pipes makes connections in memory. It numbers them, so that listings can tell them
// apart.
type pipes struct{ dialed atomic.Uint32 }

func (p *pipes) pipe() (mine, theirs net.Conn) {
	loopback := net.IPv4(127, 0, 0, 1)
	return memnet.PipeBetween(
		&net.TCPAddr{IP: loopback, Port: 1 + int(p.dialed.Add(1)%65535)}, &net.TCPAddr{IP: loopback, Port: 2181},
	)
}
