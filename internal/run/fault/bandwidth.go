package fault

import (
	"fmt"
	"time"
)

// Bandwidth lets so many bytes a second through in each direction that the rule means,
// shared by the connections that it means, first come, first served. They arrive
// evenly, not in bursts.
type Bandwidth struct{ Rate int }

func (e Bandwidth) check(r *Rule) error {
	if e.Rate <= 0 {
		return fmt.Errorf("fault: bandwidth of %d bytes a second: want 1 or more", e.Rate)
	}
	return r.onlyBytes()
}

func (Bandwidth) holds() bool { return false }

// late books the time that the bytes take, behind what was booked before.
func (e Bandwidth) late(a *Armed, way Direction, n int, now time.Time) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	begin := a.free[way]
	if begin.Before(now) {
		begin = now
	}
	a.free[way] = begin.Add(time.Duration(float64(n) / float64(e.Rate) * float64(time.Second)))
	return a.free[way].Sub(now)
}

// Limits of how finely what is sent is cut up: parts of a second, and of one write.
const (
	slicesASecond = 20
	slicesAWrite  = 256
)

// slice is how many of n bytes leave at once.
func (e Bandwidth) slice(n int) int { return max(1, e.Rate/slicesASecond, n/slicesAWrite) }
