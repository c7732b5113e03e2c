// Package clock is what a process takes for the time. A machine's clock can run slow or fast, and can be wrong by
// minutes: each process has a Clock of its own, as it has a disk and a network of its own. A nil Clock, and the zero
// value, are the time package's. It imports no other package of this module.
package clock

import (
	"context"
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// Clock is the clock of one process. What a process writes as a time is Now, and its timers run as fast as its clock
// does. Like a Java process, it has two readings: Now is System.currentTimeMillis, which jumps when the clock is set,
// and Steady is System.nanoTime, which never does and by which executors schedule.
type Clock struct {
	pace  atomic.Pointer[pace] // nil until the clock is set for the first time
	asked atomic.Int64

	mu     sync.Mutex    // guards the fields below, and changes of pace
	ahead  time.Duration // what it was last set ahead
	timers map[*Timer]struct{}
	most   int // of timers, before those whose time has come are forgotten
}

// pace is how a clock goes since it was last set.
type pace struct {
	at     time.Time // when that was
	shown  time.Time // what Now showed then
	steady time.Time // what Steady showed then
	rate   float64
}

// True is the pace of a clock that goes right.
const True = 1

// passed is how far the clock has gone since it was set.
func (p *pace) passed(now time.Time) time.Duration {
	if p.rate == True {
		return now.Sub(p.at)
	}
	return time.Duration(math.Round(float64(now.Sub(p.at)) * p.rate))
}

// read is how the clock goes, nil when it goes right and always has.
func (c *Clock) read() *pace {
	if c == nil {
		return nil
	}
	c.asked.Add(1)
	return c.pace.Load()
}

// Now is the time that the clock shows.
func (c *Clock) Now() time.Time {
	p, now := c.read(), time.Now()
	if p == nil {
		return now
	}
	return p.shown.Add(p.passed(now))
}

// Since is how long ago t was, by what the clock shows.
func (c *Clock) Since(t time.Time) time.Duration { return c.Now().Sub(t) }

// Until is how long it is to t, by what the clock shows.
func (c *Clock) Until(t time.Time) time.Duration { return t.Sub(c.Now()) }

// Steady is a reading that does not jump when the clock is set. It means something beside other readings of it only.
func (c *Clock) Steady() time.Time {
	p, now := c.read(), time.Now()
	return p.steadyAt(now)
}

func (p *pace) steadyAt(now time.Time) time.Time {
	if p == nil {
		return now
	}
	return p.steady.Add(p.passed(now))
}

// takes is how long it takes until the clock has gone on by d.
func (p *pace) takes(d time.Duration) time.Duration {
	if p == nil || p.rate == True {
		return d
	}
	if in := math.Ceil(float64(d) / p.rate); in < math.MaxInt64 {
		return time.Duration(in)
	}
	return math.MaxInt64
}

// Asked is how often the clock has been read or has timed something.
func (c *Clock) Asked() int64 { return c.asked.Load() }

// Set has the clock go at a rate from now on, and show a time that is ahead of the true one, or behind it. A rate of
// 0.25 lets a timer take four times as long. What a clock has lost or won at another rate stays until its rate is True
// again: then it shows the true time, and what it is ahead. Timers that run go on at the new rate.
func (c *Clock) Set(rate float64, ahead time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now, was := time.Now(), c.pace.Load()
	next := &pace{at: now, shown: now.Add(ahead), steady: was.steadyAt(now), rate: rate}
	if was != nil && rate != True {
		// what it has lost so far, beside what it was set ahead
		next.shown = next.shown.Add(was.shown.Add(was.passed(now)).Sub(now) - c.ahead)
	}
	c.ahead = ahead
	c.pace.Store(next)
	for t := range c.timers {
		t.stretch(next, now)
	}
}

// Sleep waits for d and returns nil. If ctx ends first, or has ended already, it returns ctx's error.
func (c *Clock) Sleep(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil || d <= 0 {
		return err
	}
	timer := c.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// WithTimeout is context.WithTimeout by this clock. A limit that has begun keeps its length when the clock is set.
func (c *Clock) WithTimeout(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, c.read().takes(d))
}

// WithTimeoutCause is context.WithTimeoutCause by this clock, with WithTimeout's proviso.
func (c *Clock) WithTimeoutCause(ctx context.Context, d time.Duration, cause error) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, c.read().takes(d), cause)
}
