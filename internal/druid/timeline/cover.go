package timeline

import (
	"cmp"
	"iter"
	"slices"

	"oakmoot/internal/druid"
)

// groups divides entries in time order into runs that overlap each other, directly or by way of others. What is
// visible of an entry depends on its group alone, and most groups have a single entry.
func groups[T any](all []*entry[T]) iter.Seq[[]*entry[T]] {
	return func(yield func([]*entry[T]) bool) {
		for begin := 0; begin < len(all); {
			latest, end := all[begin].interval.End, begin+1
			for end < len(all) && all[end].interval.Start < latest {
				latest = max(latest, all[end].interval.End)
				end++
			}
			if !yield(all[begin:end]) {
				return
			}
			begin = end
		}
	}
}

// visible are the parts of a group, in time order, that can be seen in an interval.
func visible[T any](group []*entry[T], in druid.Interval) []Holder[T] {
	if len(group) == 1 {
		if !group[0].interval.Overlaps(in) {
			return nil
		}
		return []Holder[T]{group[0].holder(clip(group[0].interval, in))}
	}
	var holders []Holder[T]
	c := newCover(group, in)
	for _, i := range newestFirst(group) {
		e := group[i]
		if e.interval.Overlaps(in) {
			for _, part := range c.left(clip(e.interval, in)) {
				holders = append(holders, e.holder(part))
			}
		}
		c.add(e.interval)
	}
	slices.SortFunc(holders, func(a, b Holder[T]) int {
		return cmp.Or(cmp.Compare(a.Interval.Start, b.Interval.Start), cmp.Compare(a.Interval.End, b.Interval.End), cmp.Compare(a.Version, b.Version))
	})
	return holders
}

// alone is what overshadowed says of an entry that nothing overlaps.
var alone = []bool{false}

// overshadowed says of each entry of a group whether newer, complete versions hide it entirely. Those of one version
// hide nothing of each other.
func overshadowed[T any](group []*entry[T]) []bool {
	if len(group) == 1 {
		return alone
	}
	hidden := make([]bool, len(group))
	c := newCover(group, druid.Eternity)
	order := newestFirst(group)
	for from := 0; from < len(order); {
		to := from
		for to < len(order) && group[order[to]].version == group[order[from]].version {
			hidden[order[to]] = c.hides(group[order[to]].interval)
			to++
		}
		for _, i := range order[from:to] {
			if group[i].complete() {
				c.add(group[i].interval)
			}
		}
		from = to
	}
	return hidden
}

// newestFirst are the indices of entries by version, newest first, then by time.
func newestFirst[T any](group []*entry[T]) []int {
	order := make([]int, len(group))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(group[b].version, group[a].version), a-b) })
	return order
}

func clip(i, to druid.Interval) druid.Interval {
	return druid.Interval{Start: max(i.Start, to.Start), End: min(i.End, to.End)}
}

// cover is the time that intervals cover together. It knows only the instants at which any of them begins or ends: the
// gaps from one to the next, and the instants themselves, are covered or not.
type cover struct {
	at      []druid.Timestamp
	gaps    marks // the one from at[i] to at[i+1]
	strict  marks // at[i], which lies inside one of the intervals and not on its edge
	divided []bool
}

// newCover covers nothing yet of what the group and the interval may ask for.
func newCover[T any](group []*entry[T], in druid.Interval) *cover {
	at := make([]druid.Timestamp, 0, 2*len(group)+2)
	at = append(at, in.Start, in.End)
	for _, e := range group {
		at = append(at, e.interval.Start, e.interval.End)
	}
	slices.Sort(at)
	at = slices.Compact(at)
	return &cover{at: at, gaps: newMarks(len(at)), strict: newMarks(len(at)), divided: make([]bool, len(at))}
}

func (c *cover) place(t druid.Timestamp) int {
	i, _ := slices.BinarySearch(c.at, t)
	return i
}

// add covers an interval. An empty one covers nothing, but divides what it lies in.
func (c *cover) add(i druid.Interval) {
	from, to := c.place(i.Start), c.place(i.End)
	c.gaps.mark(from, to)
	c.strict.mark(from+1, to)
	if from == to {
		c.divided[from] = true
	}
}

// hides reports whether nothing is left of an interval.
func (c *cover) hides(i druid.Interval) bool {
	from, to := c.place(i.Start), c.place(i.End)
	if from == to {
		return c.strict.next(from) > from
	}
	return c.gaps.next(from) >= to
}

// left are the parts of an interval that are not covered.
func (c *cover) left(i druid.Interval) []druid.Interval {
	from, to := c.place(i.Start), c.place(i.End)
	if from == to {
		if c.hides(i) {
			return nil
		}
		return []druid.Interval{i}
	}
	var parts []druid.Interval
	for at := c.gaps.next(from); at < to; at = c.gaps.next(at) {
		begin := at
		for at++; at < to && !c.divided[at] && c.gaps.next(at) == at; at++ {
		}
		parts = append(parts, druid.Interval{Start: c.at[begin], End: c.at[at]})
	}
	return parts
}

// marks are a row of places that are marked one after another and never unmarked; the next one without a mark is found
// at once. Each leads to a place at or before that one.
type marks []int32

func newMarks(n int) marks {
	m := make(marks, n+1)
	for i := range m {
		m[i] = int32(i)
	}
	return m
}

// next is the first place from i on without a mark.
func (m marks) next(i int) int {
	for m[i] != int32(i) {
		m[i] = m[m[i]]
		i = int(m[i])
	}
	return i
}

// mark marks the places from from to before to.
func (m marks) mark(from, to int) {
	for i := m.next(min(from, len(m)-1)); i < to; i = m.next(i) {
		m[i] = int32(i + 1)
	}
}
