package cluster

import (
	"context"
	"net"
)

// network is what everything in a cluster listens on and dials through: the machine's
// TCP, or memory.
type network interface {
	Listen(addr string) (net.Listener, error)
	DialContext(ctx context.Context, network, addr string) (net.Conn, error)
}

// tcp is the machine's own network.
type tcp struct{ net.Dialer }

func (*tcp) Listen(addr string) (net.Listener, error) { return net.Listen("tcp", addr) }
