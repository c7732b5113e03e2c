// Package clockfault makes the clock of a process wrong: slow, fast, ahead of the true time or behind it.
package clockfault

import (
	"slices"
	"sync"
	"time"

	"oakmoot/internal/run/clock"
)

// Clock is the clock that a process is given, and the faults that it has. It goes right until the first of them.
type Clock struct {
	given clock.Clock

	mu    sync.Mutex // guards the field below
	armed []*Armed
}

// Given is what the process reads.
func (c *Clock) Given() *clock.Clock { return &c.given }

// Fault is what is wrong with a clock.
type Fault struct {
	Rate  float64       // 0.25 goes a quarter as fast; 0 leaves that right
	Ahead time.Duration // behind when negative
}

// Armed is a fault of a clock.
type Armed struct {
	Fault
	of    *Clock
	from  int64 // how often the clock had been asked when it began
	asked int64 // how often it was asked meanwhile, once it is over
	over  bool
}

// Arm makes the clock wrong until the fault is undone. Of several faults the rates are multiplied, and what they are
// ahead is added.
func (c *Clock) Arm(f Fault) *Armed {
	c.mu.Lock()
	defer c.mu.Unlock()
	a := &Armed{Fault: f, of: c, from: c.given.Asked()}
	c.armed = append(c.armed, a)
	c.set()
	return a
}

// Undo ends the fault. Undoing it again does nothing.
func (a *Armed) Undo() {
	a.of.mu.Lock()
	defer a.of.mu.Unlock()
	if a.over {
		return
	}
	a.over, a.asked = true, a.of.given.Asked()-a.from
	a.of.armed = slices.DeleteFunc(a.of.armed, func(o *Armed) bool { return o == a })
	a.of.set()
}

// Touched is how often the clock has been read, or has timed something, while it had the fault.
func (a *Armed) Touched() int64 {
	a.of.mu.Lock()
	defer a.of.mu.Unlock()
	if a.over {
		return a.asked
	}
	return a.of.given.Asked() - a.from
}

// set has the clock go as its faults say. The mu is held.
func (c *Clock) set() {
	rate, ahead := float64(clock.True), time.Duration(0)
	for _, a := range c.armed {
		if a.Rate != 0 {
			rate *= a.Rate
		}
		ahead += a.Ahead
	}
	c.given.Set(rate, ahead)
}
