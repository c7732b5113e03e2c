package druid

import (
	"sort"
	"sync"

	"oakmoot/internal/druid/chrono"
)

// steps counts a compound period from its origin, one step at a time, as
// PeriodGranularity.truncateCompoundPeriod does: months and clock changes make steps
// differ in length. Every thousandth step is kept.
type steps struct {
	zone   *chrono.Zone
	period chrono.Period
	origin int64

	mu            sync.Mutex // guards the fields below
	ahead, behind []int64    // kept steps after the origin, and before it
}

const (
	stepsKept = 1000
	// maxKept limits how far steps are counted: to thirty million, which takes a period
	// of half a minute thirty years from its origin. Beyond that, every step has the
	// length of the last one.
	maxKept = 30_000
)

func newSteps(z *chrono.Zone, p chrono.Period, origin int64) *steps {
	return &steps{zone: z, period: p, origin: origin, ahead: []int64{origin}, behind: []int64{origin}}
}

func (s *steps) truncate(t int64) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t >= s.origin {
		s.ahead = s.reach(s.ahead, 1, func(at int64) bool { return at > t })
		if far := s.ahead[len(s.ahead)-1]; far <= t {
			return floorFrom(far, s.step(far, 1)-far, t)
		}
		at := s.ahead[sort.Search(len(s.ahead), func(i int) bool { return s.ahead[i] > t })-1]
		for next := s.step(at, 1); next <= t; next = s.step(at, 1) {
			at = next
		}
		return at
	}
	s.behind = s.reach(s.behind, -1, func(at int64) bool { return at <= t })
	if far := s.behind[len(s.behind)-1]; far > t {
		return floorFrom(far, far-s.step(far, -1), t)
	}
	at := s.behind[sort.Search(len(s.behind), func(i int) bool { return s.behind[i] <= t })-1]
	for t < at {
		at = s.step(at, -1)
	}
	return at
}

// floorFrom returns the last multiple of width, counted from an instant, that is not
// after t.
func floorFrom(from, width, t int64) int64 {
	return t - ((t-from)%width+width)%width
}

func (s *steps) step(at, n int64) int64 { return s.zone.Plus(at, s.period, n) }

// reach keeps steps until one is far enough.
func (s *steps) reach(kept []int64, n int64, enough func(int64) bool) []int64 {
	for !enough(kept[len(kept)-1]) && len(kept) <= maxKept {
		at := kept[len(kept)-1]
		for range stepsKept {
			at = s.step(at, n)
		}
		kept = append(kept, at)
	}
	return kept
}
