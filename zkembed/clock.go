package zkembed

import (
	"math"
	"time"
)

// clock counts milliseconds since it was made, by the monotonic clock, so that setting
// the system's time expires no sessions. Between two looks at it time stands still: all of
// a parcel happens at one moment.
type clock struct {
	birth time.Time
	wall  int64 // milliseconds since the epoch, for stamps
	now   int64 // milliseconds since birth, for deadlines
}

// never is a time that never comes.
const never = math.MaxInt64

// look sets the moment.
func (c *clock) look() {
	now := time.Now()
	c.wall, c.now = now.UnixMilli(), now.Sub(c.birth).Milliseconds()
}

// at is the point in time that many milliseconds after birth.
func (c *clock) at(ms int64) time.Time { return c.birth.Add(time.Duration(ms) * time.Millisecond) }

// after is the first millisecond since birth that is past a point in time.
func (c *clock) after(at time.Time) int64 { return max(0, at.Sub(c.birth).Milliseconds()+1) }

// until is how long it takes until that many milliseconds since birth.
func (c *clock) until(at int64) time.Duration {
	if at == never {
		return math.MaxInt64
	}
	return time.Until(c.at(at))
}
