package balance

import (
	"math"
	"math/rand/v2"
	"testing"

	"oakmoot/internal/druid"
)

const hour = 3_600_000

// hours is a segment of a datasource over [from, to) hours.
func hours(dataSource string, from, to int) *druid.DataSegment {
	return &druid.DataSegment{
		DataSource: dataSource, Interval: druid.Interval{Start: druid.Timestamp(from * hour), End: druid.Timestamp(to * hour)},
		Version: "v", Size: 10, ShardSpec: druid.NoneShardSpec(),
	}
}

// summed is the joint cost by brute force.
func summed(a, b *druid.DataSegment) float64 {
	const steps = 400
	width := func(i druid.Interval) float64 { return float64(i.End-i.Start) / hour / steps }
	at := func(i druid.Interval, n int) float64 { return float64(i.Start)/hour + (float64(n)+0.5)*width(i) }
	cost := 0.0
	for i := range steps {
		for j := range steps {
			cost += math.Exp(-math.Ln2 / 24 * math.Abs(at(a.Interval, i)-at(b.Interval, j)))
		}
	}
	return cost * width(a.Interval) * width(b.Interval)
}

func TestJointCostIsTheIntegral(t *testing.T) {
	for _, tc := range []struct {
		name string
		a, b *druid.DataSegment
	}{
		{"apart", hours("x", 0, 24), hours("y", 48, 72)},
		{"apart, the other way round", hours("x", 48, 72), hours("y", 0, 24)},
		{"abutting", hours("x", 0, 24), hours("y", 24, 48)},
		{"the same", hours("x", 0, 24), hours("y", 0, 24)},
		{"one in the other", hours("x", 0, 72), hours("y", 24, 30)},
		{"overlapping", hours("x", 0, 30), hours("y", 24, 72)},
		{"one hour and a month", hours("x", 100, 101), hours("y", 0, 720)},
	} {
		got, want := JointCost(tc.a, tc.b), summed(tc.a, tc.b)
		if math.Abs(got-want) > want*1e-3 {
			t.Errorf("%s: got %g, want %g", tc.name, got, want)
		}
	}
}

func TestJointCostKnownValues(t *testing.T) {
	unit := 24 / math.Ln2 // hours in 1/λ
	for _, tc := range []struct {
		name string
		a, b *druid.DataSegment
		want float64
	}{
		{"a day with itself: 2(L + e^-L - 1)", hours("x", 0, 24), hours("y", 0, 24), unit * unit * 2 * (math.Ln2 - 0.5)},
		{"a day and the next: (1 - e^-L)²", hours("x", 0, 24), hours("y", 24, 48), unit * unit * 0.25},
		{"a day and the one after: halved", hours("x", 0, 24), hours("y", 48, 72), unit * unit * 0.125},
		{"within a datasource: doubled", hours("x", 0, 24), hours("x", 48, 72), unit * unit * 0.25},
		{"an empty interval", hours("x", 5, 5), hours("x", 0, 24), 0},
	} {
		if got := JointCost(tc.a, tc.b); math.Abs(got-tc.want) > 1e-9*unit*unit {
			t.Errorf("%s: got %g, want %g", tc.name, got, tc.want)
		}
	}
}

func TestJointCostStaysPositiveFarApart(t *testing.T) {
	if got := JointCost(hours("x", 0, 24), hours("y", 24*300, 24*301)); got <= 0 {
		t.Errorf("got %g, want a small positive cost", got)
	}
}

func serverOf(name string, max int64, served ...*druid.DataSegment) *Server {
	return NewServer(druid.ServerMetadata{Name: name, Host: name, MaxSize: max, Tier: druid.DefaultTier}, served...)
}

func strategy(t *testing.T, name string) Strategy {
	t.Helper()
	s, err := NewStrategy(name, rand.New(rand.NewPCG(1, 2)))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func nameOf(s *Server) string {
	if s == nil {
		return "nobody"
	}
	return s.Meta.Name
}

func TestReplicaGoesWhereItCostsLeast(t *testing.T) {
	segment := hours("x", 0, 24)
	near, far := serverOf("near", 100, hours("x", 24, 48)), serverOf("far", 100, hours("x", 240, 264))
	full, serving := serverOf("full", 5), serverOf("serving", 100, segment)
	loading := serverOf("loading", 100)
	loading.Load(segment)
	cost := strategy(t, "cost")
	for _, tc := range []struct {
		servers []*Server
		want    string
	}{
		{[]*Server{near, far}, "far"},
		{[]*Server{near, full}, "near"},
		{[]*Server{near, serving}, "near"},
		{[]*Server{near, loading}, "near"},
		{[]*Server{full, serving, loading}, "nobody"},
		{nil, "nobody"},
	} {
		if got := nameOf(cost.Replica(segment, tc.servers)); got != tc.want {
			t.Errorf("got %s, want %s", got, tc.want)
		}
	}
	if got := nameOf(cost.Balanced(segment, []*Server{serving, near})); got != "serving" {
		t.Errorf("balanced: got %s, want where it is", got)
	}
}

func TestQueuedAndMarkedSegmentsCount(t *testing.T) {
	segment := hours("x", 0, 24)
	busy, idle := serverOf("busy", 1000), serverOf("idle", 1000)
	busy.Load(hours("x", 24, 48))
	cost := strategy(t, "cost")
	if got := nameOf(cost.Replica(segment, []*Server{busy, idle})); got != "idle" {
		t.Errorf("got %s, want idle, as busy is to load a neighbour", got)
	}
	a, b := serverOf("a", 1000, hours("x", 24, 48)), serverOf("b", 1000, hours("x", 24, 48))
	b.Mark(hours("x", 24, 48))
	if got := nameOf(cost.Replica(segment, []*Server{a, b})); got != "b" {
		t.Errorf("got %s, want b, whose neighbour is about to go", got)
	}
}

func TestDropsFromTheMostExpensiveFirst(t *testing.T) {
	segment := hours("x", 0, 24)
	crowded, calm := serverOf("crowded", 1000, segment, hours("x", 24, 48)), serverOf("calm", 1000, segment)
	got := strategy(t, "cost").ToDrop(segment, []*Server{calm, crowded})
	if got[0] != crowded || got[1] != calm {
		t.Errorf("got %s first, want crowded", nameOf(got[0]))
	}
}

func TestDiskNormalizedPrefersTheEmptier(t *testing.T) {
	segment := hours("x", 0, 24)
	small, large := serverOf("small", 40, hours("y", 24, 48)), serverOf("large", 4000, hours("y", 24, 48))
	if got := nameOf(strategy(t, "diskNormalized").Replica(segment, []*Server{small, large})); got != "large" {
		t.Errorf("got %s, want large", got)
	}
}

func TestRandomStrategy(t *testing.T) {
	segment := hours("x", 0, 24)
	random := strategy(t, "random")
	a, b := serverOf("a", 100, segment), serverOf("b", 100)
	for _, tc := range []struct {
		servers []*Server
		want    string
	}{
		{[]*Server{b}, "nobody"}, // Druid's: a single candidate is never taken
		{[]*Server{a, b}, "b"},
		{[]*Server{a, a}, "nobody"},
	} {
		if got := nameOf(random.Replica(segment, tc.servers)); got != tc.want {
			t.Errorf("got %s, want %s", got, tc.want)
		}
	}
	if random.Balanced(segment, []*Server{a, b}) != nil {
		t.Error("random never moves")
	}
	if got := random.ToDrop(segment, []*Server{a, b}); len(got) != 2 {
		t.Errorf("got %d servers to drop from, want both", len(got))
	}
	if _, err := NewStrategy("none", nil); err == nil {
		t.Error("an unknown strategy is taken")
	}
}

func TestSamplingIsUniformOverSegments(t *testing.T) {
	one := serverOf("one", 1000, hours("x", 0, 1))
	three := serverOf("three", 1000, hours("x", 1, 2), hours("x", 2, 3), hours("x", 3, 4))
	cost := strategy(t, "cost")
	counts := map[druid.SegmentID]int{}
	const draws = 40_000
	for range draws {
		from, segment, ok := cost.ToMove([]*Server{one, three})
		if !ok || !from.Serves(segment.ID()) {
			t.Fatalf("got %s, %t, want a segment of its server", segment.ID(), ok)
		}
		counts[segment.ID()]++
	}
	for id, n := range counts {
		if n < draws/4*9/10 || n > draws/4*11/10 {
			t.Errorf("%s: got %d draws, want about %d", id, n, draws/4)
		}
	}
	if _, _, ok := cost.ToMove([]*Server{serverOf("empty", 10)}); ok {
		t.Error("something is picked of nothing")
	}
}

func TestByRoomPutsTheEmptiestFirst(t *testing.T) {
	a, b := serverOf("a", 100), serverOf("b", 200)
	if ByRoom(b, a) >= 0 {
		t.Error("the one with less room comes first")
	}
	b.Load(&druid.DataSegment{DataSource: "x", Size: 150})
	if b.Available() != 50 || ByRoom(a, b) >= 0 {
		t.Errorf("got %d bytes of room, want 50 after what is queued, and a first", b.Available())
	}
}
