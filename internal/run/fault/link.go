// Package fault is the link between a node and the network, which can misbehave.
// Every connection that a node dials or accepts passes through its link, and
// nothing in the node knows of it. The same faults work against any ZooKeeper.
//
// A fault is a value with one method, in a file of its own. What it holds up is
// delivered once it is taken away; only Cut and Disconnect lose bytes.
package fault

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"time"
)

// DialFunc connects to an address.
type DialFunc func(ctx context.Context, network, addr string) (net.Conn, error)

// Direction is which way bytes go, as the node sees it.
type Direction int

// Directions. Both is what a fault means when it says neither.
const (
	Both Direction = iota
	To             // away from the node
	From           // to the node
)

// Peer is the other end of a connection.
type Peer struct {
	ZooKeeper bool
	Addr      string // of a connection that the node has dialled; "" for one that it has accepted
}

// Peers reports whether a peer is meant; nil means every peer.
type Peers func(Peer) bool

// fault is something that happens to the bytes of a link.
type fault interface {
	// rule says what becomes of bytes that go a way: held up until the fault is
	// gone, or late by some time.
	rule(p Peer, way Direction) (hold bool, late time.Duration)
}

// Link is one node's link. Its methods may be called from any goroutine.
type Link struct {
	dial DialFunc

	mu      sync.Mutex // guards the fields below
	rng     *rand.Rand
	cut     bool
	faults  []fault
	wires   map[*wire]struct{}
	changed chan struct{} // closed when the faults change
	session session       // the latest session seen on a ZooKeeper connection
}

// NewLink makes a link over a dialer; what is left to chance comes from rng.
func NewLink(dial DialFunc, rng *rand.Rand) *Link {
	return &Link{dial: dial, rng: rng, wires: map[*wire]struct{}{}, changed: make(chan struct{})}
}

// errCut is the error of a dial while the link is cut.
var errCut = errors.New("link is cut")

// DialZK connects to ZooKeeper.
func (l *Link) DialZK(ctx context.Context, network, addr string) (net.Conn, error) {
	w, err := l.connect(ctx, network, addr, Peer{ZooKeeper: true, Addr: addr})
	if err != nil {
		return nil, err
	}
	w.sniff = &sniffer{}
	return w, nil
}

// DialHTTP connects to another process.
func (l *Link) DialHTTP(ctx context.Context, network, addr string) (net.Conn, error) {
	w, err := l.connect(ctx, network, addr, Peer{Addr: addr})
	if err != nil {
		return nil, err
	}
	return w, nil
}

// connect dials once no fault holds up either way: the first packets of a
// connection go both ways.
func (l *Link) connect(ctx context.Context, network, addr string, p Peer) (*wire, error) {
	for {
		l.mu.Lock()
		cut, changed := l.cut, l.changed
		out, in := l.verdict(p, To), l.verdict(p, From)
		l.mu.Unlock()
		switch {
		case cut:
			return nil, &net.OpError{Op: "dial", Net: network, Err: errCut}
		case !out.hold && !in.hold:
			c, err := l.dial(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			return l.adopt(c, p)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, &net.OpError{Op: "dial", Net: network, Err: ctx.Err()}
		}
	}
}

// adopt puts a connection under the link.
func (l *Link) adopt(c net.Conn, p Peer) (*wire, error) {
	w := newWire(l, c, p)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cut {
		c.Close()
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errCut}
	}
	l.wires[w] = struct{}{}
	return w, nil
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
		if w, err := l.link.adopt(c, Peer{}); err == nil {
			return w, nil
		}
	}
}

// verdict is what the faults make of bytes that go a way; the caller holds mu.
func (l *Link) verdict(p Peer, way Direction) verdict {
	var v verdict
	for _, f := range l.faults {
		hold, late := f.rule(p, way)
		v.hold = v.hold || hold
		v.late += late
	}
	return v
}

type verdict struct {
	hold bool
	late time.Duration
}

// ask is verdict for those who do not hold mu, with what to wait on for another.
func (l *Link) ask(p Peer, way Direction) (verdict, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.verdict(p, way), l.changed
}

// arm adds a fault; undo takes it away and may be called twice.
func (l *Link) arm(f fault) (undo func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.faults = append(l.faults, f)
	l.notify()
	return sync.OnceFunc(func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.faults = slices.DeleteFunc(l.faults, func(o fault) bool { return o == f })
		l.notify()
	})
}

// notify wakes those who wait for the faults to change; the caller holds mu.
func (l *Link) notify() {
	close(l.changed)
	l.changed = make(chan struct{})
}

// open lists the connections that are meant.
func (l *Link) open(meant func(Peer) bool) []*wire {
	l.mu.Lock()
	defer l.mu.Unlock()
	var wires []*wire
	for w := range l.wires {
		if meant(w.peer) {
			wires = append(wires, w)
		}
	}
	return wires
}

func (l *Link) forget(w *wire) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.wires, w)
}
