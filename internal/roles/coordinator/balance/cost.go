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

// normalized is the cost in disk-normalized balancing: per served segment, weighted by how full the server is.
func normalized(segment *druid.DataSegment, s *Server, replica bool) float64 {
	cost := placement(segment, s, replica)
	if math.IsInf(cost, 1) {
		return cost
	}
	return cost / float64(max(len(s.served), 1)) * float64(s.Used()) / float64(s.Meta.MaxSize)
}
