package fault

import (
	"errors"
	"fmt"

	"oakmoot/internal/run/fault/quota"
)

// Direction is which way bytes and messages go, as the node sees it.
type Direction int

// Directions. Both is what a fault means when it says neither.
const (
	Both Direction = iota
	To             // away from the node
	From           // to the node
)

// Part is one half of an exchange.
type Part int

// Parts. Either is what a fault means when it says neither.
const (
	Either Part = iota
	Request
	Reply
)

// Peer is the other end of a connection.
type Peer struct {
	ZooKeeper bool
	Addr      string // of a connection that the node has dialled; "" for one that it has accepted
}

// String is what a peer is called in a report.
func (p Peer) String() string {
	switch {
	case p.Addr == "":
		return "from a peer"
	case p.ZooKeeper:
		return "to ZooKeeper " + p.Addr
	}
	return "to " + p.Addr
}

// Peers reports whether a peer is meant; nil means every peer.
type Peers func(Peer) bool

// Rule says what a fault touches. Its zero value is everything, every time.
//
// Skip, Times and Share choose among the messages that the other fields select, as they
// come: the first Skip pass, each of the rest is touched with probability Share, and once
// Times have been touched, all others pass.
type Rule struct {
	Peers Peers
	Way   Direction // in which the bytes or the messages go
	Part  Part      // of an exchange

	ZK   *Frames    // only these ZooKeeper requests, their replies, and notifications
	HTTP *Exchanges // only these HTTP exchanges; with ZK, both kinds are selected

	Skip  int
	Times int     // 0 is without end
	Share float64 // from 0 to 1; 0 means 1

	// Quota counts for Skip and Times. Faults on several links that have the same one are
	// counted together; nil is one of the fault's own.
	Quota *quota.Quota
}

// selects reports whether the rule names messages, and not just a connection.
func (r *Rule) selects() bool { return r.ZK != nil || r.HTTP != nil || r.Part != Either }

// check finds what is wrong with a rule.
func (r *Rule) check() error {
	switch {
	case r.Skip < 0 || r.Times < 0:
		return fmt.Errorf("fault: skip %d, times %d: want 0 or more", r.Skip, r.Times)
	case !(r.Share >= 0 && r.Share <= 1):
		return fmt.Errorf("fault: share %v: want 0 to 1", r.Share)
	}
	if r.ZK != nil {
		if err := r.ZK.check(); err != nil {
			return err
		}
	}
	if r.HTTP != nil {
		return r.HTTP.check()
	}
	return nil
}

// meets reports whether a rule means what goes a way to or from a peer.
func (r *Rule) meets(p Peer, way Direction) bool {
	return (r.Way == Both || way == Both || r.Way == way) && r.reaches(p)
}

// reaches reports whether a rule means something of a peer.
func (r *Rule) reaches(p Peer) bool { return r.Peers == nil || r.Peers(p) }

// means reports whether a rule means a message.
func (r *Rule) means(m *message) bool {
	switch {
	case !r.meets(m.wire.peer, m.way):
		return false
	case r.Part != Either && r.Part != m.part:
		return false
	case r.ZK == nil && r.HTTP == nil:
		return true
	case m.zk != nil:
		return r.ZK != nil && r.ZK.means(m.zk)
	case m.http != nil:
		return r.HTTP != nil && r.HTTP.means(m.http)
	}
	return false
}

// onlyBytes refuses what an effect on all bytes of a connection cannot serve.
func (r *Rule) onlyBytes() error {
	if r.selects() || r.Skip > 0 || r.Times > 0 || r.Share > 0 {
		return errors.New("fault: it touches all bytes of a connection, and cannot choose among them")
	}
	return nil
}

// onlyRequests refuses a rule that means replies, for an effect on requests.
func (r *Rule) onlyRequests() error {
	if r.Part == Reply {
		return errors.New("fault: it touches requests, not replies")
	}
	return nil
}
