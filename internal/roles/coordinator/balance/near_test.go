package balance

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"oakmoot/internal/druid"
)

// plainPlacement is placement by one joint cost after the other, as CostBalancerStrategy has it.
func plainPlacement(segment *druid.DataSegment, s *Server, replica bool) float64 {
	id := segment.ID()
	if replica && s.Serves(id) || segment.Size > s.Available() || s.Loads(id) {
		return math.Inf(1)
	}
	cost := 0.0
	for _, other := range s.Segments() {
		if other.ID() != id {
			cost += JointCost(segment, other)
		}
	}
	for _, other := range s.loading {
		cost += JointCost(segment, other)
	}
	for _, other := range s.marked {
		cost -= JointCost(segment, other)
	}
	return cost
}

// drawSegment is one of few intervals of hours, days and months, some of them far away and some empty.
func drawSegment(t *rapid.T, lengths ...int) *druid.DataSegment {
	length := rapid.SampledFrom(append([]int{1, 1, 24, 24, 720}, lengths...)).Draw(t, "length")
	start := rapid.IntRange(0, 60).Draw(t, "start") * rapid.SampledFrom([]int{1, 24, 24, 720}).Draw(t, "scale")
	s := hours(rapid.SampledFrom([]string{"x", "y"}).Draw(t, "datasource"), start, start+length)
	s.Version = rapid.SampledFrom([]string{"v", "w"}).Draw(t, "version")
	return s
}

// TestCostsAreTheSumOfAllJointCosts: whatever a server serves and has queued, and in whatever order it got there.
func TestCostsAreTheSumOfAllJointCosts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, asked := serverOf("a", 1500), drawSegment(t, 0)
		for range rapid.IntRange(0, 60).Draw(t, "changes") {
			one := drawSegment(t, 0)
			switch rapid.SampledFrom([]string{"serve", "serve", "serve", "unserve", "load", "mark", "ask", "idle", "less"}).Draw(t, "change") {
			case "serve":
				s.Serve(one)
			case "unserve":
				s.Unserve(one.ID())
			case "load":
				s.Load(one)
			case "mark":
				if s.Serves(one.ID()) {
					s.Mark(one)
				}
			case "ask":
				placement(one, s, false)
			case "idle":
				s.Idle()
			case "less":
				s.Unload(one.ID())
				s.Unmark(one.ID())
			}
			for id := range s.marked {
				if !s.Serves(id) {
					s.Idle()
				}
			}
		}
		for _, replica := range []bool{false, true} {
			got, want := placement(asked, s, replica), plainPlacement(asked, s, replica)
			if got != want && !(math.Abs(got-want) <= 1e-9*math.Abs(want)+1e-9) {
				t.Errorf("replica %t: got %g, want %g", replica, got, want)
			}
			got, want = cached(asked, s, replica), plainCached(asked, s, replica)
			if asked.Interval.Start < asked.Interval.End && got != want && !(math.Abs(got-want) <= 1e-9*math.Abs(want)+1e-9) {
				t.Errorf("replica %t: cached: got %g, want %g", replica, got, want)
			}
		}
	})
}

// plainCached is cached by one joint cost after the other.
func plainCached(segment *druid.DataSegment, s *Server, replica bool) float64 {
	id := segment.ID()
	if replica && s.Serves(id) || segment.Size > s.Available() || s.Loads(id) {
		return math.Inf(1)
	}
	cost := 0.0
	add := func(other *druid.DataSegment) {
		start := int(math.Floor(float64(other.Interval.Start) / hour / 24 / 15)) // the number of its bucket
		within := druid.Interval{Start: druid.Timestamp((start*15 - 30) * 24 * hour), End: druid.Timestamp((start*15 + 15 + 30) * 24 * hour)}
		if within.Overlaps(segment.Interval) {
			cost += JointCost(segment, other)
		}
	}
	for _, other := range s.Segments() {
		add(other)
	}
	for _, other := range s.loading {
		add(other)
	}
	return cost * float64(s.Meta.MaxSize/s.Available())
}

// TestChoiceIsOneOfTheCheapest compares the choice with that of one joint cost after the other.
func TestChoiceIsOneOfTheCheapest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var servers []*Server
		for i := range rapid.IntRange(1, 6).Draw(t, "servers") {
			s := serverOf(fmt.Sprint(i), 1<<40)
			for range rapid.IntRange(0, 12).Draw(t, "segments") {
				s.Serve(drawSegment(t))
			}
			servers = append(servers, s)
		}
		segment := drawSegment(t)
		strategy := byCost{sampler{rand.New(rand.NewPCG(1, rapid.Uint64().Draw(t, "seed")))}, placement}
		lowest := math.Inf(1)
		for _, s := range servers {
			lowest = min(lowest, plainPlacement(segment, s, true))
		}
		chosen := strategy.Replica(segment, servers)
		if (chosen == nil) != math.IsInf(lowest, 1) {
			t.Fatalf("got %s, where the lowest cost is %g", nameOf(chosen), lowest)
		}
		if chosen != nil && !equal(plainPlacement(segment, chosen, true), lowest) {
			t.Errorf("got a server that costs %g, where the lowest cost is %g", plainPlacement(segment, chosen, true), lowest)
		}
		costs := []float64{}
		for _, s := range strategy.ToDrop(segment, servers) {
			costs = append(costs, plainPlacement(segment, s, false))
		}
		if !slices.IsSortedFunc(costs, func(a, b float64) int {
			if equal(a, b) {
				return 0
			}
			return cmp.Compare(b, a)
		}) {
			t.Errorf("got servers that cost %v, want the most expensive first", costs)
		}
	})
}

// BenchmarkReplica places a segment on one of 100 servers that serve many.
func BenchmarkReplica(b *testing.B) {
	for _, served := range []int{100, 1_000, 10_000} {
		var servers []*Server
		for i := range 100 {
			s := serverOf(fmt.Sprint(i), 1<<40)
			for n := range served {
				s.Serve(hours(fmt.Sprint("ds", n%10), n*100+i, n*100+i+1))
			}
			servers = append(servers, s)
		}
		strategy := byCost{sampler{rand.New(rand.NewPCG(1, 2))}, placement}
		b.Run(fmt.Sprintf("100x%d", served), func(b *testing.B) {
			n := 0
			strategy.Replica(hours("ds1", 0, 1), servers)
			for b.Loop() {
				segment := hours("ds1", n, n+1)
				if s := strategy.Replica(segment, servers); s != nil {
					s.Load(segment)
				}
				n += 7
			}
		})
	}
}
