package clock

import (
	"sync"
	"time"
)

// Ticker is a time.Ticker that ticks as fast as its clock.
type Ticker struct {
	C <-chan time.Time

	mu    sync.Mutex // guards the fields below
	timer *Timer     // until the next tick
	over  bool
}

// NewTicker is time.NewTicker by this clock.
func (c *Clock) NewTicker(every time.Duration) *Ticker {
	if every <= 0 {
		panic("clock: a ticker needs a period")
	}
	ticks := make(chan time.Time, 1)
	t := &Ticker{C: ticks}
	due := c.Steady().Add(every)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.timer = c.AfterFunc(every, func() {
		select {
		case ticks <- c.Now():
		default: // the one before waits still
		}
		late := c.Steady().Sub(due)
		due = due.Add(every * (1 + max(0, late)/every)) // those that were missed are left out
		t.mu.Lock()
		defer t.mu.Unlock()
		if !t.over {
			t.timer.Reset(due.Sub(c.Steady()))
		}
	})
	return t
}

// Stop has the ticker tick no more.
func (t *Ticker) Stop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.over = true
	t.timer.Stop()
}
