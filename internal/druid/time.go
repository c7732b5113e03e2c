package druid

import "time"

// Timestamp is an instant as Druid keeps it: milliseconds since the Unix epoch, UTC.
type Timestamp int64

// Ends of time as Druid writes them: Intervals.ETERNITY.
const (
	MinTimestamp Timestamp = -4611686018427387904
	MaxTimestamp Timestamp = 4611686018427387903
)

// At converts a Go time to a Timestamp, cutting what is below a millisecond.
func At(t time.Time) Timestamp { return Timestamp(t.UnixMilli()) }

// Time is the instant as a Go time in UTC.
func (t Timestamp) Time() time.Time { return time.UnixMilli(int64(t)).UTC() }

// Interval is a half-open span of time, start included and end excluded.
// It is comparable and may be a map key.
type Interval struct {
	Start, End Timestamp
}

// Eternity is the interval that holds every instant.
var Eternity = Interval{MinTimestamp, MaxTimestamp}

// Contains tells whether o lies wholly inside i.
func (i Interval) Contains(o Interval) bool { return i.Start <= o.Start && o.End <= i.End }

// Holds tells whether the instant t lies in i.
func (i Interval) Holds(t Timestamp) bool { return i.Start <= t && t < i.End }

// Overlaps tells whether i and o share an instant.
func (i Interval) Overlaps(o Interval) bool { return i.Start < o.End && o.Start < i.End }

// Abuts tells whether one ends exactly where the other starts.
func (i Interval) Abuts(o Interval) bool { return i.End == o.Start || o.End == i.Start }
