package cluster

import (
	"context"
	"net"
	"slices"
	"strings"
	"sync"

	"oakmoot/internal/run/loop"
)

// run runs the embedded server until ctx ends. A server that ends because of a fault of
// its disk comes back at the same addresses once that is over, as one that somebody starts
// again; an error is that of a server that ended for another reason.
func (e *ensemble) run(ctx context.Context) error {
	for {
		err := e.server.Run(ctx)
		if err == nil || ctx.Err() != nil || !e.disk.Ailing() {
			return asUnavailable(err)
		}
		e.log.Error("ZooKeeper has ended while its disk has a fault, and comes back once that is over", "error", err)
		for e.disk.Ailing() {
			if loop.Sleep(ctx, recheck) != nil {
				return nil
			}
		}
	}
}

// sameAddresses is a network on which a server that may have any address has the one again
// that it had in an earlier life.
type sameAddresses struct {
	network

	mu   sync.Mutex // guards left
	left []string   // by earlier lives, the first to be given up first
}

// Listen listens at an address.
func (s *sameAddresses) Listen(addr string) (net.Listener, error) {
	if strings.HasSuffix(addr, ":0") {
		if last := s.take(); last != "" {
			addr = last
		}
	}
	ln, err := s.network.Listen(addr)
	if err != nil {
		return nil, err
	}
	s.forget(ln.Addr().String())
	return &leavingListener{ln, sync.OnceFunc(func() { s.leave(ln.Addr().String()) })}, nil
}

func (s *sameAddresses) take() (addr string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.left) > 0 {
		addr, s.left = s.left[0], s.left[1:]
	}
	return addr
}

// forget forgets an address that is in use again.
func (s *sameAddresses) forget(addr string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left = slices.DeleteFunc(s.left, func(other string) bool { return other == addr })
}

func (s *sameAddresses) leave(addr string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left = append(s.left, addr)
}

// leavingListener notes its address when it is closed.
type leavingListener struct {
	net.Listener
	leave func()
}

func (l *leavingListener) Close() error {
	defer l.leave()
	return l.Listener.Close()
}
