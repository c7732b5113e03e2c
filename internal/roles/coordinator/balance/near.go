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
	of := map[string][]*druid.DataSegment{}
	for _, s := range sorted {
		of[s.DataSource] = append(of[s.DataSource], s)
	}
	for name, segments := range of {
		n.byDataSource[name] = newTimes()
		n.byDataSource[name].fill(segments)
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
	return n.costWithin(druid.Eternity, s, itself)
}

// costWithin is cost that counts only what begins in an interval.
func (n *near) costWithin(begins druid.Interval, s *druid.DataSegment, itself bool) float64 {
	q := question{of: s.Interval, begins: begins, factor: factor(s.Interval)}
	if itself {
		q.itself = 1
	}
	sum := q.ask(n.all.tree.Root())
	if of := n.byDataSource[s.DataSource]; of != nil {
		sum += (sameDataSource - 1) * q.ask(of.tree.Root())
	}
	return hoursPerUnit * hoursPerUnit * sum
}

func newTimes() *times {
	return &times{treap.New(func(a, b *interval) int {
		return byTime(a.Interval, b.Interval)
	}, weigh)}
}

func byTime(a, b druid.Interval) int {
	if a.Start != b.Start {
		return cmp.Compare(a.Start, b.Start)
	}
	return cmp.Compare(a.End, b.End)
}

// fill puts in the intervals of segments, which are in order.
func (t *times) fill(segments []*druid.DataSegment) {
	all := make([]interval, 0, len(segments))
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

// question asks for the sum of the integrals of e^-|x-y| over x in an interval and y in each that is there.
type question struct {
	of     druid.Interval
	begins druid.Interval // only those that begin in here count
	factor float64
	itself int // 1 if the interval itself is there once and does not count
}

func (q *question) ask(n *treap.Node[interval, mass]) float64 {
	switch {
	case n == nil:
		return 0
	case n.Sum.edge.Start < q.begins.Start || n.Sum.edge.End > q.begins.End:
		return q.askWithin(n)
	case n.Sum.edge.End <= q.of.Start:
		return q.factor * n.Sum.after * fade(q.of.Start-n.Sum.edge.End)
	case n.Sum.edge.Start >= q.of.End:
		return q.factor * n.Sum.before * fade(n.Sum.edge.Start-q.of.End)
	}
	return q.one(&n.Value) + q.ask(n.Left) + q.ask(n.Right)
}

// askWithin asks where not everything counts.
func (q *question) askWithin(n *treap.Node[interval, mass]) float64 {
	cost := 0.0
	if q.begins.Holds(n.Value.Start) {
		cost = q.one(&n.Value)
	}
	if n.Value.Start > q.begins.Start {
		cost += q.ask(n.Left)
	}
	if n.Value.Start < q.begins.End {
		cost += q.ask(n.Right)
	}
	return cost
}

// one asks about one interval, as often as it is there.
func (q *question) one(v *interval) float64 {
	switch {
	case v.End <= q.of.Start:
		return q.factor * float64(v.count) * v.own * fade(q.of.Start-v.End)
	case v.Start >= q.of.End:
		return q.factor * float64(v.count) * v.own * fade(v.Start-q.of.End)
	case v.Interval != q.of:
		return float64(v.count) * apart(q.of, v.Interval)
	}
	return float64(v.count-q.itself) * apart(q.of, q.of)
}

// apart is the cost of two intervals, in units.
func apart(a, b druid.Interval) float64 { return intervalCost(span(a, a.Start), span(b, a.Start)) }
