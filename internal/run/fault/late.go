package fault

import (
	"errors"
	"time"
)

// Late makes what the rule means late by some time, and by up to Jitter more, in order;
// nothing is lost. It can be all bytes or single messages, behind which the rest of the
// connection's direction waits.
type Late struct{ By, Jitter time.Duration }

func (e Late) check(r *Rule) error {
	switch {
	case e.By < 0 || e.Jitter < 0:
		return errors.New("fault: it cannot be early")
	case r.selects():
		return nil
	}
	return r.onlyBytes()
}

func (Late) holds() bool { return false }

func (e Late) late(a *Armed, _ Direction, _ int, _ time.Time) time.Duration {
	return e.By + a.random(e.Jitter)
}

func (Late) sees(r *Rule) bool           { return r.selects() }
func (Late) takes(*Armed, *message) bool { return true }
func (e Late) decide(f *fate, a *Armed, _ *message) {
	f.late = append(f.late, late{a, e.By + a.random(e.Jitter)})
}

// Delay makes the node's traffic with the peers late, in both directions, by a Late.
func (l *Link) Delay(peers Peers, by, jitter time.Duration) (undo func()) {
	return l.arm(Late{by, jitter}, Rule{Peers: peers}).Undo
}
