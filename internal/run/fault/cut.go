package fault

import (
	"errors"
	"net"
	"syscall"
)

// Cut is a process that dies: its connections break, what was under way is lost,
// and nothing can be dialled until Heal. The peer sees closed sockets; a ZooKeeper
// session lives until it times out.
func (l *Link) Cut() {
	l.change(func(s *state) { s.cut = true })
	for _, w := range l.open(func(Peer) bool { return true }) {
		w.sever(nil)
	}
}

// Heal ends a Cut. Other faults stay.
func (l *Link) Heal() { l.change(func(s *state) { s.cut = false }) }

// Calm takes every fault away but a Cut: what they held up arrives.
func (l *Link) Calm() { l.disarm(func(*Armed) bool { return true }) }

// Disconnect breaks the connections to ZooKeeper once, and returns how many there were;
// the node may connect again at once. The session goes on.
func (l *Link) Disconnect() int {
	wires := l.open(func(p Peer) bool { return p.ZooKeeper })
	for _, w := range wires {
		w.sever(nil)
	}
	return len(wires)
}

// Refuse breaks the open connections with the rule's peers when it is armed, and refuses
// new ones while it is there. Skip, Times and Share choose among connections.
type Refuse struct{}

func (Refuse) check(r *Rule) error {
	if r.selects() || r.Way != Both {
		return errors.New("fault: it refuses connections, which have no direction and no requests")
	}
	return nil
}

// refuses reports whether a fault of the link refuses a connection.
func (s *state) refuses(p Peer) bool {
	for _, a := range s.faults {
		if _, is := a.effect.(Refuse); is && a.refuses(p) {
			return true
		}
	}
	return false
}

func (a *Armed) refuses(p Peer) bool {
	if !a.rule.meets(p, Both) || !a.pick() {
		return false
	}
	a.touch(Counts{Connections: 1, Last: []string{"connection " + p.String()}})
	return true
}

// errRefused is what a dial says of a Refuse.
func errRefused(network string) error {
	return &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
}
