package balance

import (
	"math"

	"oakmoot/internal/druid"
)

// halfLifeHours is how far apart two hours must be for their joint cost to halve:
// CostBalancerStrategy.HALF_LIFE.
const halfLifeHours = 24.0

const (
	lambda         = math.Ln2 / halfLifeHours // per hour
	millisPerHour  = 3_600_000.0
	hoursPerUnit   = 1 / lambda
	sameDataSource = 2.0 // queries tend to read several segments of one datasource
)

// JointCost is the cost, in hours squared, of having two segments on one server: the integral of e^(-λ|x-y|) over x
// in one interval and y in the other, doubled within a datasource.
func JointCost(a, b *druid.DataSegment) float64 {
	cost := hoursPerUnit * hoursPerUnit * intervalCost(span(a.Interval, a.Interval.Start), span(b.Interval, a.Interval.Start))
	if a.DataSource == b.DataSource {
		cost *= sameDataSource
	}
	return cost
}

// stretch is an interval in units of 1/λ from some origin.
type stretch struct{ start, end float64 }

func span(i druid.Interval, origin druid.Timestamp) stretch {
	unit := millisPerHour * hoursPerUnit
	return stretch{float64(i.Start-origin) / unit, float64(i.End-origin) / unit}
}

// intervalCost is the integral of e^-|x-y| over x in a and y in b.
func intervalCost(a, b stretch) float64 {
	if b.start < a.start {
		a, b = b, a
	}
	if b.start >= a.end {
		// Disjoint: the integral is a product, which stays exact however far apart they are.
		return math.Exp(a.end-b.start) * -math.Expm1(a.start-a.end) * -math.Expm1(b.start-b.end)
	}
	return fold(a.end-b.start) - fold(a.start-b.start) - fold(a.end-b.end) + fold(a.start-b.end)
}

// fold is a function whose second derivative is e^-|t|.
func fold(t float64) float64 {
	t = math.Abs(t)
	return t + math.Exp(-t)
}

// placement is the cost of a segment on a server: the sum of its joint costs with the other segments served there and
// those queued to load, less those marked to go. It is infinite where the segment has no room or is being loaded and,
// for a replica, where it is served.
func placement(segment *druid.DataSegment, s *Server, replica bool) float64 {
	if segment.Size > s.Available() {
		return math.Inf(1)
	}
	id := segment.ID()
	served := s.Serves(id)
	if replica && served || s.Loads(id) {
		return math.Inf(1)
	}
	if served && s.marked[id] != nil { // it is taken out already, and once more
		return s.nearby().cost(segment, false) - JointCost(segment, segment)
	}
	return s.nearby().cost(segment, served)
}

// SegmentsCostCache: what begins in a bucket that is further away than the threshold costs nothing.
const (
	bucket    = 15 * 24 * 3_600_000
	threshold = 30 * 24 * 3_600_000
)

// cached is the cost of CachingCostBalancerStrategy, which is another: of the segments served there and those queued to
// load, also of this one itself and of those marked to go, but only of near ones, and weighted by how full the server
// is, in whole numbers. Where long and short segments overlap Druid's cache takes some of them to be apart; not so here.
func cached(segment *druid.DataSegment, s *Server, replica bool) float64 {
	id := segment.ID()
	if replica && s.Serves(id) || segment.Size > s.Available() || s.Available() <= 0 || s.Loads(id) {
		return math.Inf(1)
	}
	begins := druid.Interval{Start: floor(segment.Interval.Start - threshold), End: -floor(-segment.Interval.End - threshold)}
	cost := s.nearby().costWithin(begins, segment, false)
	for _, other := range s.marked {
		if begins.Holds(other.Interval.Start) {
			cost += JointCost(segment, other)
		}
	}
	return cost * float64(s.Meta.MaxSize/s.Available())
}

// floor is where the bucket of an instant begins.
func floor(t druid.Timestamp) druid.Timestamp {
	rest := t % bucket
	if rest < 0 {
		rest += bucket
	}
	return t - rest
}

// normalized is the cost in disk-normalized balancing: per served segment, weighted by how full the server is.
func normalized(segment *druid.DataSegment, s *Server, replica bool) float64 {
	cost := placement(segment, s, replica)
	if math.IsInf(cost, 1) {
		return cost
	}
	return cost / float64(max(len(s.served), 1)) * float64(s.Used()) / float64(s.Meta.MaxSize)
}
