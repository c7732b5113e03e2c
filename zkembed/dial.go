package zkembed

import (
	"context"
	"net"
	"time"

	"oakmoot/internal/memnet"
)

// Dial connects in memory, without a socket, whatever the server listens on.
func (s *Server) Dial(ctx context.Context) (net.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	loopback := net.IPv4(127, 0, 0, 1)
	mine, theirs := memnet.PipeBetween(
		&net.TCPAddr{IP: loopback, Port: 1 + int(s.dialed.Add(1)%65535)}, &net.TCPAddr{IP: loopback, Port: 2181},
	)
	life := s.present()
	if life == nil {
		return nil, ErrNotRunning
	}
	if !s.adopt(theirs, life) {
		refuse(theirs) // as over TCP: the dial succeeds, and then the connection ends
	}
	return mine, nil
}

// DialZK is Dial in the shape that go-zookeeper takes: zk.WithDialer(srv.DialZK).
// The address is ignored.
func (s *Server) DialZK(_, _ string, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return s.Dial(ctx)
}
