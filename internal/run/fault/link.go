// Package fault is the link between a node and the network, which can misbehave.
// Every connection that a node dials or accepts passes through its link, and
// nothing in the node knows of it. The same faults work against any ZooKeeper.
//
// A fault is an Effect, in a file of its own, with a Rule that says what it touches.
// Hold, Freeze, Bandwidth and Refuse touch connections as a whole; Lose, Answer and Double
// single ZooKeeper requests and HTTP exchanges; Late and Reset can do either. What a
// fault holds up is delivered once it is taken away, and nothing is ever re-ordered
// within a connection. Faults work together; where two mean the same message, and the
// first of them loses or answers it, the second does not see it.
//
// As long as no fault looks at messages, none are gathered or parsed.
package fault

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"sync/atomic"

	"oakmoot/internal/run/fault/quota"
)

// DialFunc connects to an address.
type DialFunc func(ctx context.Context, network, addr string) (net.Conn, error)

// Link is one node's link. Its methods may be called from any goroutine.
type Link struct {
	dial DialFunc

	now atomic.Pointer[state]

	mu      sync.Mutex // guards the fields below, and changes of now
	rng     *rand.Rand
	wires   []*wire // the oldest first
	session session // the latest session seen on a ZooKeeper connection
}

// state is the faults of a link at a time. It is never changed, but replaced.
type state struct {
	cut     bool
	faults  []*Armed
	changed chan struct{} // closed when it is replaced
}

func (l *Link) state() *state { return l.now.Load() }

// NewLink makes a link over a dialer; what is left to chance comes from rng.
func NewLink(dial DialFunc, rng *rand.Rand) *Link {
	l := &Link{dial: dial, rng: rng}
	l.now.Store(&state{changed: make(chan struct{})})
	return l
}

// errCut is the error of a dial while the link is cut.
var errCut = errors.New("link is cut")

// DialZK connects to ZooKeeper.
func (l *Link) DialZK(ctx context.Context, network, addr string) (net.Conn, error) {
	return l.connect(ctx, network, addr, Peer{ZooKeeper: true, Addr: addr})
}

// DialHTTP connects to another process.
func (l *Link) DialHTTP(ctx context.Context, network, addr string) (net.Conn, error) {
	return l.connect(ctx, network, addr, Peer{Addr: addr})
}

// connect dials once no fault holds up either way: the first packets of a
// connection go both ways.
func (l *Link) connect(ctx context.Context, network, addr string, p Peer) (net.Conn, error) {
	for {
		s := l.state()
		switch {
		case s.cut:
			return nil, errCutOff(network)
		case !s.holds(p, Both):
			if s.refuses(p) {
				return nil, errRefused(network)
			}
			c, err := l.dial(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			w := newWire(l, c, p, To)
			if !l.adopt(w) {
				return nil, errCutOff(network)
			}
			return w, nil
		}
		select {
		case <-s.changed:
		case <-ctx.Done():
			return nil, &net.OpError{Op: "dial", Net: network, Err: ctx.Err()}
		}
	}
}

func errCutOff(network string) error { return &net.OpError{Op: "dial", Net: network, Err: errCut} }

// adopt puts a connection under the link; false, and the connection is closed, when the
// link is cut.
func (l *Link) adopt(w *wire) bool {
	l.mu.Lock()
	s := l.state()
	if !s.cut {
		l.wires = append(l.wires, w)
	}
	l.mu.Unlock()
	if s.cut {
		w.Conn.Close()
		return false
	}
	if slices.ContainsFunc(s.faults, func(a *Armed) bool { return a.watches(w.peer) }) {
		w.watch()
	}
	return true
}

// WrapListener puts what a listener accepts under the link.
func (l *Link) WrapListener(ln net.Listener) net.Listener { return &listener{ln, l} }

type listener struct {
	net.Listener
	link *Link
}

func (l *listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		w := newWire(l.link, c, Peer{}, From)
		switch {
		case l.link.state().refuses(w.peer):
			w.sever(&breaking{reset: true})
		case l.link.adopt(w):
			return w, nil
		}
	}
}

// change replaces the state of the link.
func (l *Link) change(f func(*state)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	was := l.state()
	next := &state{cut: was.cut, faults: was.faults, changed: make(chan struct{})}
	f(next)
	l.now.Store(next)
	close(was.changed)
}

// arm adds a fault.
func (l *Link) arm(e Effect, r Rule) *Armed {
	a := &Armed{link: l, effect: e, rule: r, quota: r.Quota}
	if a.quota == nil {
		a.quota = quota.New()
	}
	l.change(func(s *state) {
		if e, is := a.stream(); !is || !e.holds() {
			a.rng = rand.New(rand.NewPCG(l.rng.Uint64(), l.rng.Uint64()))
		}
		s.faults = append(slices.Clone(s.faults), a)
	})
	for _, w := range l.open(a.watches) {
		w.watch()
	}
	if _, is := e.(Refuse); is {
		for _, w := range l.open(a.refuses) {
			w.sever(&breaking{by: a, reset: true})
		}
	}
	return a
}

// disarm takes faults away.
func (l *Link) disarm(which func(*Armed) bool) {
	l.change(func(s *state) {
		var kept []*Armed
		for _, a := range s.faults {
			if which(a) {
				a.over.Store(true)
				continue
			}
			kept = append(kept, a)
		}
		s.faults = kept
	})
}

// open lists the connections that are meant, the oldest first.
func (l *Link) open(meant func(Peer) bool) []*wire {
	l.mu.Lock()
	defer l.mu.Unlock()
	var wires []*wire
	for _, w := range l.wires {
		if meant(w.peer) {
			wires = append(wires, w)
		}
	}
	return wires
}

func (l *Link) forget(w *wire) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wires = slices.DeleteFunc(l.wires, func(o *wire) bool { return o == w })
}
