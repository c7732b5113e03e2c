package balance

import (
	"cmp"
	"math"
	"slices"

	"oakmoot/internal/druid"
	"oakmoot/internal/druid/treap"
)

// near finds the joint cost of a segment with many others at once. The cost of two intervals that do not overlap is a
// product of one factor for each, so a tree can sum up the factors of all that lie to one side, and only those that
// overlap the segment are looked at one by one.
type near struct {
	all          *times
	byDataSource map[string]*times
}

// times are intervals, and how often each is there.
type times struct {
	tree *treap.Tree[interval, mass]
}

type interval struct {
	druid.Interval
	count int
	own   float64 // the factor of one
}

// mass is what intervals weigh together, as seen from one side: the sum of their factors, each faded by its distance
// from the edge of the whole.
type mass struct {
	edge          druid.Interval // from the first start to the last end
	before, after float64        // seen from before the first start, and from after the last end
}

// newNear begins with segments.
func newNear(segments []*druid.DataSegment) *near {
	n := &near{all: newTimes(), byDataSource: map[string]*times{}}
	sorted := slices.Clone(segments)
	slices.SortFunc(sorted, func(a, b *druid.DataSegment) int { return byTime(a.Interval, b.Interval) })
	n.all.fill(sorted)
	slices.SortStableFunc(sorted, func(a, b *druid.DataSegment) int { return cmp.Compare(a.DataSource, b.DataSource) })
	for len(sorted) > 0 {
		name := sorted[0].DataSource
		end := slices.IndexFunc(sorted, func(s *druid.DataSegment) bool { return s.DataSource != name })
		if end < 0 {
			end = len(sorted)
		}
		n.byDataSource[name] = newTimes()
		n.byDataSource[name].fill(sorted[:end])
		sorted = sorted[end:]
	}
	return n
}

// add adds a segment n times, or takes it away.
func (n *near) add(s *druid.DataSegment, times int) {
	of := n.byDataSource[s.DataSource]
	if of == nil {
		of = newTimes()
		n.byDataSource[s.DataSource] = of
	}
	n.all.add(s.Interval, times)
	of.add(s.Interval, times)
	if of.tree.Len() == 0 {
		delete(n.byDataSource, s.DataSource)
	}
}

// cost is the sum of the joint costs of a segment with all that are there, without itself if it is one of them.
func (n *near) cost(s *druid.DataSegment, itself bool) float64 {
	sum := n.all.cost(s.Interval, itself)
	of := n.byDataSource[s.DataSource]
	if of == nil {
		of = newTimes()
	}
	return hoursPerUnit * hoursPerUnit * (sum + (sameDataSource-1)*of.cost(s.Interval, itself))
}

func newTimes() *times {
	return &times{treap.New(func(a, b *interval) int {
		return byTime(a.Interval, b.Interval)
	}, weigh)}
}

func byTime(a, b druid.Interval) int {
	return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End))
}

// fill puts in the intervals of segments, which are in order.
func (t *times) fill(segments []*druid.DataSegment) {
	var all []interval
	for _, s := range segments {
		if last := len(all) - 1; last >= 0 && all[last].Interval == s.Interval {
			all[last].count++
		} else {
			all = append(all, interval{s.Interval, 1, factor(s.Interval)})
		}
	}
	t.tree.Fill(all)
}

func (t *times) add(i druid.Interval, n int) {
	t.tree.Update(interval{i, 0, factor(i)}, func(v *interval) bool {
		v.count += n
		return v.count != 0
	})
}

// units is a time in units of 1/λ.
func units(t druid.Timestamp) float64 { return float64(t) / (millisPerHour * hoursPerUnit) }

// factor is an interval's own part of a product.
func factor(i druid.Interval) float64 { return -math.Expm1(-units(i.End - i.Start)) }

// fade is how much is left of a cost over a distance.
func fade(t druid.Timestamp) float64 {
	if t == 0 {
		return 1
	}
	return math.Exp(-units(t))
}

func weigh(n *treap.Node[interval, mass]) {
	m := mass{edge: n.Value.Interval}
	for _, child := range []*treap.Node[interval, mass]{n.Left, n.Right} {
		if child != nil {
			m.edge = druid.Interval{Start: min(m.edge.Start, child.Sum.edge.Start), End: max(m.edge.End, child.Sum.edge.End)}
		}
	}
	own := float64(n.Value.count) * n.Value.own
	m.before, m.after = own*fade(n.Value.Start-m.edge.Start), own*fade(m.edge.End-n.Value.End)
	for _, child := range []*treap.Node[interval, mass]{n.Left, n.Right} {
		if child != nil {
			m.before += child.Sum.before * fade(child.Sum.edge.Start-m.edge.Start)
			m.after += child.Sum.after * fade(m.edge.End-child.Sum.edge.End)
		}
	}
	n.Sum = m
}

// cost is the sum of the integrals of e^-|x-y| over x in an interval and y in each that is there.
func (t *times) cost(of druid.Interval, itself bool) float64 {
	self := 0
	if v := t.tree.Find(&interval{Interval: of}); v != nil {
		self = v.count
	}
	if itself {
		self--
	}
	cost := 0.0
	if self != 0 {
		cost = float64(self) * apart(of, of)
	}
	return cost + factor(of)*sides(t.tree.Root(), of) + overlaps(t.tree.Root(), of)
}

// sides sums up what lies before and after an interval.
func sides(n *treap.Node[interval, mass], of druid.Interval) float64 {
	switch {
	case n == nil:
		return 0
	case n.Sum.edge.End <= of.Start:
		return n.Sum.after * fade(of.Start-n.Sum.edge.End)
	case n.Sum.edge.Start >= of.End:
		return n.Sum.before * fade(n.Sum.edge.Start-of.End)
	}
	cost := sides(n.Left, of) + sides(n.Right, of)
	switch v := n.Value; {
	case v.End <= of.Start:
		cost += float64(v.count) * v.own * fade(of.Start-v.End)
	case v.Start >= of.End:
		cost += float64(v.count) * v.own * fade(v.Start-of.End)
	}
	return cost
}

// overlaps sums up what overlaps an interval without being it.
func overlaps(n *treap.Node[interval, mass], of druid.Interval) float64 {
	if n == nil || n.Sum.edge.End <= of.Start || n.Sum.edge.Start >= of.End {
		return 0
	}
	cost := overlaps(n.Left, of) + overlaps(n.Right, of)
	if v := n.Value; v.Overlaps(of) && v.Interval != of {
		cost += float64(v.count) * apart(of, v.Interval)
	}
	return cost
}

// apart is the cost of two intervals, in units.
func apart(a, b druid.Interval) float64 { return intervalCost(span(a, a.Start), span(b, a.Start)) }
