package clock

import "time"

// Timer is a time.Timer that runs as fast as its clock. Any goroutine may stop or reset it, but one at a time.
type Timer struct {
	C     <-chan time.Time // nil for one that AfterFunc has made
	clock *Clock
	timer *time.Timer
	due   time.Time // what the clock's Steady shows then; the clock's mu guards it
}

// NewTimer is time.NewTimer by this clock.
func (c *Clock) NewTimer(d time.Duration) *Timer {
	t := c.start(d, time.NewTimer)
	t.C = t.timer.C
	return t
}

// After is time.After by this clock.
func (c *Clock) After(d time.Duration) <-chan time.Time { return c.NewTimer(d).C }

// AfterFunc is time.AfterFunc by this clock.
func (c *Clock) AfterFunc(d time.Duration, f func()) *Timer {
	return c.start(d, func(d time.Duration) *time.Timer { return time.AfterFunc(d, f) })
}

func (c *Clock) start(d time.Duration, begin func(time.Duration) *time.Timer) *Timer {
	t := &Timer{clock: c}
	if c == nil {
		t.timer = begin(d)
		return t
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	t.timer = begin(t.count(d))
	return t
}

// Stop is time.Timer's.
func (t *Timer) Stop() bool {
	if c := t.clock; c != nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.timers, t)
	}
	return t.timer.Stop()
}

// Reset is time.Timer's.
func (t *Timer) Reset(d time.Duration) bool {
	c := t.clock
	if c == nil {
		return t.timer.Reset(d)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return t.timer.Reset(t.count(d))
}

// leastTimers is how many timers a clock has before it looks which of them are over.
const leastTimers = 64

// count has the clock know a timer that is to run for d, and returns how long that takes. The clock's mu is held.
func (t *Timer) count(d time.Duration) time.Duration {
	c, now := t.clock, time.Now()
	p := c.read()
	shows := p.steadyAt(now)
	t.due = shows.Add(d)
	if c.timers == nil {
		c.timers, c.most = map[*Timer]struct{}{}, leastTimers
	}
	if len(c.timers) >= c.most { // a timer that has fired and one that nobody waits for any more cannot be told apart
		for o := range c.timers {
			if !o.due.After(shows) {
				delete(c.timers, o)
			}
		}
		c.most = max(leastTimers, 2*len(c.timers))
	}
	c.timers[t] = struct{}{}
	return p.takes(d)
}

// stretch has a timer that runs go on at a new pace. The clock's mu is held.
func (t *Timer) stretch(p *pace, now time.Time) {
	if t.timer.Stop() { // else its time has come
		t.timer.Reset(p.takes(max(0, t.due.Sub(p.steadyAt(now)))))
	}
}
