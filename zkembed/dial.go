package zkembed

import (
	"context"
	"net"
	"time"

	"oakmoot/internal/run/memnet"
)

// Dial connects to the first endpoint in memory, without a socket, whatever it
// listens on.
func (s *Server) Dial(ctx context.Context) (net.Conn, error) { return s.endpoints[0].Dial(ctx) }

// DialZK is Dial in the shape that go-zookeeper takes: zk.WithDialer(srv.DialZK).
// An endpoint's address leads to that endpoint, any other to the first.
func (s *Server) DialZK(_, address string, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	for _, e := range s.endpoints {
		if e.Addr() == address {
			return e.Dial(ctx)
		}
	}
	return s.Dial(ctx)
}

// pipe makes a connection in memory; each has another address.
func (s *Server) pipe() (mine, theirs net.Conn) {
	loopback := net.IPv4(127, 0, 0, 1)
	return memnet.PipeBetween(
		&net.TCPAddr{IP: loopback, Port: 1 + int(s.dialed.Add(1)%65535)}, &net.TCPAddr{IP: loopback, Port: 2181},
	)
}
