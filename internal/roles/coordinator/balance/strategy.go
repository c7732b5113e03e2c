package balance

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"oakmoot/internal/druid"
)

// Strategy chooses servers: Druid's BalancerStrategy.
type Strategy interface {
	// Replica is where one more replica of the segment should go, or nil.
	Replica(segment *druid.DataSegment, servers []*Server) *Server
	// Balanced is where the segment should be, which may be where it is, or nil.
	Balanced(segment *druid.DataSegment, servers []*Server) *Server
	// ToDrop orders the servers of a segment by which should drop it first.
	ToDrop(segment *druid.DataSegment, servers []*Server) []*Server
	// ToMove picks a served segment and its server; false if none is served.
	ToMove(servers []*Server) (*Server, *druid.DataSegment, bool)
}

// NewStrategy makes the strategy that druid.coordinator.balancer.strategy names.
func NewStrategy(name string, rng *rand.Rand) (Strategy, error) {
	switch name {
	case "cost":
		return byCost{sampler{rng}, placement}, nil
	case "cachingCost":
		return byCost{sampler{rng}, cached}, nil
	case "diskNormalized":
		return byCost{sampler{rng}, normalized}, nil
	case "random":
		return random{sampler{rng}}, nil
	}
	return nil, fmt.Errorf("unknown balancer strategy %q", name)
}

// sampler picks what to move, the same way in every strategy.
type sampler struct{ rng *rand.Rand }

// ToMove samples uniformly from all segments in one pass: ReservoirSegmentSampler.
func (s sampler) ToMove(servers []*Server) (*Server, *druid.DataSegment, bool) {
	var from *Server
	seen, at := 0, 0
	for _, server := range servers {
		for i := range server.Served() {
			seen++
			if s.rng.IntN(seen) == seen-1 {
				from, at = server, i
			}
		}
	}
	if from == nil {
		return nil, nil, false
	}
	return from, from.Segments()[at], true
}

// byCost puts a segment where it costs least.
type byCost struct {
	sampler
	cost func(segment *druid.DataSegment, s *Server, replica bool) float64
}

func (c byCost) Replica(segment *druid.DataSegment, servers []*Server) *Server {
	return c.cheapest(segment, servers, true)
}

func (c byCost) Balanced(segment *druid.DataSegment, servers []*Server) *Server {
	return c.cheapest(segment, servers, false)
}

// cheapest picks at random among equals. It picks nobody when the segment can go nowhere: real clusters with too few
// servers for their replicas stay quiet.
func (c byCost) cheapest(segment *druid.DataSegment, servers []*Server, replica bool) *Server {
	draw(servers)
	costs := make([]float64, len(servers))
	lowest := math.Inf(1)
	for i, s := range servers {
		costs[i] = c.cost(segment, s, replica)
		lowest = min(lowest, costs[i])
	}
	var best []*Server
	for i, s := range servers {
		if !math.IsInf(costs[i], 1) && equal(costs[i], lowest) {
			best = append(best, s)
		}
	}
	if len(best) == 0 {
		return nil
	}
	return best[c.rng.IntN(len(best))]
}

// rounding is by how much of themselves two costs may differ although the same segments make them up. Java adds up
// doubles with a compensation for what is lost, and so has as many equals.
const rounding = 1e-11

func equal(a, b float64) bool {
	return a == b || math.Abs(a-b) <= rounding*max(math.Abs(a), math.Abs(b))
}

// ToDrop puts the highest cost first.
func (c byCost) ToDrop(segment *druid.DataSegment, servers []*Server) []*Server {
	costs := make(map[*Server]float64, len(servers))
	for _, s := range servers {
		costs[s] = c.cost(segment, s, false)
	}
	sorted := slices.Clone(servers)
	slices.SortStableFunc(sorted, func(a, b *Server) int { return cmp.Compare(costs[b], costs[a]) })
	places := map[*Server]int{} // equals share theirs
	for i, s := range sorted {
		places[s] = i
		if i > 0 && equal(costs[sorted[i-1]], costs[s]) {
			places[s] = places[sorted[i-1]]
		}
	}
	sorted = slices.Clone(servers)
	slices.SortStableFunc(sorted, func(a, b *Server) int { return places[a] - places[b] })
	return sorted
}

// random puts a segment anywhere and never moves one: RandomBalancerStrategy.
type random struct{ sampler }

// Replica is nil when there is only one candidate, as in Druid.
func (r random) Replica(segment *druid.DataSegment, servers []*Server) *Server {
	if len(servers) == 1 {
		return nil
	}
	var free []*Server
	for _, s := range servers {
		if !s.Serves(segment.ID()) {
			free = append(free, s)
		}
	}
	if len(free) == 0 {
		return nil
	}
	return free[r.rng.IntN(len(free))]
}

func (r random) Balanced(*druid.DataSegment, []*Server) *Server { return nil }

func (r random) ToDrop(_ *druid.DataSegment, servers []*Server) []*Server {
	shuffled := slices.Clone(servers)
	r.rng.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	return shuffled
}
