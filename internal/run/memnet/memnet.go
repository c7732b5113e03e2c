// Package memnet is a network in memory: listeners, dials and connections without sockets, for clusters that live
// inside a testing/synctest bubble. Everything that waits on it waits on channels or condition variables, so virtual
// time can pass.
package memnet

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"sync"
	"syscall"
)

// Network connects the listeners and dialers that share it. The zero value is not usable; see New.
type Network struct {
	mu        sync.Mutex // guards the fields below
	listeners map[string]*listener
	nextPort  int
}

// firstPort is the first port to be assigned.
const firstPort = 32768

// backlog is how many connections may wait to be accepted.
const backlog = 128

// New returns an empty network.
func New() *Network {
	return &Network{listeners: map[string]*listener{}, nextPort: firstPort}
}

// Listen listens on a literal address; for port 0 it assigns one. An address in use is an error with
// syscall.EADDRINUSE in its chain.
func (n *Network) Listen(addr string) (net.Listener, error) {
	ap, err := parse(addr)
	if err != nil {
		return nil, &net.OpError{Op: "listen", Net: "tcp", Err: err}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	for ap.Port() == 0 {
		candidate := netip.AddrPortFrom(ap.Addr(), n.port())
		if n.listeners[candidate.String()] == nil {
			ap = candidate
		}
	}
	if n.listeners[ap.String()] != nil {
		return nil, &net.OpError{Op: "listen", Net: "tcp", Addr: net.TCPAddrFromAddrPort(ap), Err: os.NewSyscallError("bind", syscall.EADDRINUSE)}
	}
	l := &listener{net: n, addr: net.TCPAddrFromAddrPort(ap), accept: make(chan *conn, backlog), closed: make(chan struct{})}
	n.listeners[ap.String()] = l
	return l, nil
}

// port is the next port to assign; the caller holds mu.
func (n *Network) port() uint16 {
	p := n.nextPort
	if n.nextPort++; n.nextPort > 65535 {
		n.nextPort = firstPort
	}
	return uint16(p)
}

// DialContext connects to a listener. If there is none at the address the error has syscall.ECONNREFUSED in its
// chain.
func (n *Network) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	ap, err := parse(addr)
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: err}
	}
	if err := ctx.Err(); err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Addr: net.TCPAddrFromAddrPort(ap), Err: err}
	}
	n.mu.Lock()
	l := n.listeners[ap.String()]
	local := net.TCPAddrFromAddrPort(netip.AddrPortFrom(ap.Addr(), n.port()))
	n.mu.Unlock()
	refused := &net.OpError{Op: "dial", Net: network, Addr: net.TCPAddrFromAddrPort(ap), Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	if l == nil {
		return nil, refused
	}
	mine, theirs := pair(local, l.addr)
	if !l.offer(theirs) {
		return nil, refused
	}
	return mine, nil
}

// Pipe is a pair of connected, buffered connections outside any network.
func Pipe() (net.Conn, net.Conn) {
	loopback := net.IPv4(127, 0, 0, 1)
	return PipeBetween(&net.TCPAddr{IP: loopback, Port: 1}, &net.TCPAddr{IP: loopback, Port: 2})
}

// PipeBetween is a Pipe whose ends have the given addresses, each its own first.
func PipeBetween(a, b *net.TCPAddr) (net.Conn, net.Conn) { return pair(a, b) }

func parse(addr string) (netip.AddrPort, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return netip.AddrPort{}, err
	}
	switch host {
	case "", "localhost":
		host = "127.0.0.1"
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("address %s: only literal addresses exist in memory", addr)
	}
	p, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("address %s: %w", addr, err)
	}
	return netip.AddrPortFrom(ip, uint16(p)), nil
}

// listener is an address of a Network that is listened on.
type listener struct {
	net    *Network
	addr   *net.TCPAddr
	accept chan *conn

	mu     sync.Mutex // guards closing closed, and sending to accept before that
	closed chan struct{}
}

// offer hands a connection to whoever accepts. It refuses if the listener is closed or its backlog is full.
func (l *listener) offer(c *conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.closed:
		return false
	default:
	}
	select {
	case l.accept <- c:
		return true
	default:
		return false
	}
}

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.accept:
		return c, nil
	case <-l.closed:
		return nil, &net.OpError{Op: "accept", Net: "tcp", Addr: l.addr, Err: net.ErrClosed}
	}
}

// Close implements net.Listener; waiting connections are reset.
func (l *listener) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.closed:
		return &net.OpError{Op: "close", Net: "tcp", Addr: l.addr, Err: net.ErrClosed}
	default:
	}
	close(l.closed)
	l.net.mu.Lock()
	delete(l.net.listeners, l.addr.AddrPort().String())
	l.net.mu.Unlock()
	for len(l.accept) > 0 {
		(<-l.accept).Close()
	}
	return nil
}

// Addr implements net.Listener.
func (l *listener) Addr() net.Addr { return l.addr }
