// Package timeline decides which segments of a datasource are visible: where they overlap the newest version wins,
// interval by interval, once all its partitions are present. It is VersionedIntervalTimeline of Druid, and pure.
//
// What a change or a question costs depends on what it overlaps, and on the logarithm of everything else.
package timeline

import (
	"cmp"
	"slices"

	"oakmoot/internal/druid"
	"oakmoot/internal/druid/treap"
)

// Timeline holds objects of type T, such as segments, by interval, version and partition. The zero value is not
// usable; see New. It is not safe for concurrent use.
type Timeline[T any] struct {
	entries *treap.Tree[entry[T], druid.Timestamp] // the sum is the latest end
}

// Holder is a span of time and what is visible in it.
type Holder[T any] struct {
	Interval     druid.Interval // the visible part
	TrueInterval druid.Interval // of the segments themselves
	Version      string
	Chunks       []Chunk[T] // by partition number
}

// New returns an empty timeline.
func New[T any]() *Timeline[T] {
	return &Timeline[T]{treap.New(byTime[T], func(n *treap.Node[entry[T], druid.Timestamp]) {
		n.Sum = n.Value.interval.End
		if n.Left != nil {
			n.Sum = max(n.Sum, n.Left.Sum)
		}
		if n.Right != nil {
			n.Sum = max(n.Sum, n.Right.Sum)
		}
	})}
}

func byTime[T any](a, b *entry[T]) int {
	return cmp.Or(cmp.Compare(a.interval.Start, b.interval.Start), cmp.Compare(a.interval.End, b.interval.End), cmp.Compare(a.version, b.version))
}

// Add adds an object, replacing one of the same interval, version and partition.
func (t *Timeline[T]) Add(interval druid.Interval, version string, shard druid.ShardSpec, object T) {
	t.entries.Update(entry[T]{interval: interval, version: version}, func(e *entry[T]) bool {
		e.add(shard, object)
		return true
	})
}

// Remove removes an object.
func (t *Timeline[T]) Remove(interval druid.Interval, version string, shard druid.ShardSpec) {
	t.entries.Update(entry[T]{interval: interval, version: version}, func(e *entry[T]) bool {
		e.remove(shard)
		return len(e.chunks) > 0
	})
}

// Len is how many intervals and versions there are.
func (t *Timeline[T]) Len() int { return t.entries.Len() }

// Lookup returns what is visible in an interval, in time order; only complete sets of partitions count.
func (t *Timeline[T]) Lookup(in druid.Interval) []Holder[T] {
	return t.lookup(in, (*entry[T]).complete)
}

// LookupIncomplete is Lookup that counts incomplete sets of partitions too.
func (t *Timeline[T]) LookupIncomplete(in druid.Interval) []Holder[T] {
	return t.lookup(in, func(*entry[T]) bool { return true })
}

// Find returns a partition of the first interval of a version that contains an interval, visible or not: findEntry.
func (t *Timeline[T]) Find(in druid.Interval, version string, partition int) (object T, found bool) {
	var search func(n *treap.Node[entry[T], druid.Timestamp]) bool
	search = func(n *treap.Node[entry[T], druid.Timestamp]) bool {
		if n == nil || n.Sum < in.End {
			return false
		}
		if search(n.Left) {
			return true
		}
		if e := &n.Value; e.version == version && e.interval.Contains(in) {
			if i, there := e.find(partition); there {
				object = e.chunks[i].Object
				return true
			}
		}
		return n.Value.interval.Start <= in.Start && search(n.Right)
	}
	found = search(t.entries.Root())
	return object, found
}

func (t *Timeline[T]) lookup(in druid.Interval, counts func(*entry[T]) bool) []Holder[T] {
	all := slices.DeleteFunc(t.overlapping(in), func(e *entry[T]) bool { return !counts(e) })
	var holders []Holder[T]
	for group := range groups(all) {
		holders = append(holders, visible(group, in)...)
	}
	return holders
}

// Overshadowed lists what newer, complete versions hide entirely.
func (t *Timeline[T]) Overshadowed() []Holder[T] {
	var hidden []Holder[T]
	for group := range groups(t.all()) {
		for i, is := range overshadowed(group) {
			if is {
				hidden = append(hidden, group[i].holder(group[i].interval))
			}
		}
	}
	return hidden
}

// Around tells of everything whose visibility may depend on what is there in an interval: that is, of whatever
// overlaps it. It says what Overshadowed would list. The chunks are the timeline's own: do not keep them.
func (t *Timeline[T]) Around(in druid.Interval, tell func(h Holder[T], overshadowed bool)) {
	span := in
	near := t.overlapping(in)
	for _, e := range near {
		span.Start, span.End = min(span.Start, e.interval.Start), max(span.End, e.interval.End)
	}
	if span != in {
		near = t.overlapping(span)
	}
	for group := range groups(near) {
		for i, hidden := range overshadowed(group) {
			if e := group[i]; e.meets(in) {
				tell(Holder[T]{e.interval, e.interval, e.version, e.chunks}, hidden)
			}
		}
	}
}

// overlapping are the entries that overlap an interval or equal it, by start and end.
func (t *Timeline[T]) overlapping(in druid.Interval) []*entry[T] {
	if in == druid.Eternity {
		return t.all()
	}
	var found []*entry[T]
	var search func(n *treap.Node[entry[T], druid.Timestamp])
	search = func(n *treap.Node[entry[T], druid.Timestamp]) {
		if n == nil || n.Sum < in.Start {
			return
		}
		search(n.Left)
		if e := &n.Value; e.meets(in) {
			found = append(found, e)
		}
		if n.Value.interval.Start <= in.End {
			search(n.Right)
		}
	}
	search(t.entries.Root())
	return found
}

// all are the entries by start and end.
func (t *Timeline[T]) all() []*entry[T] {
	found := make([]*entry[T], 0, t.entries.Len())
	var walk func(n *treap.Node[entry[T], druid.Timestamp])
	walk = func(n *treap.Node[entry[T], druid.Timestamp]) {
		if n != nil {
			walk(n.Left)
			found = append(found, &n.Value)
			walk(n.Right)
		}
	}
	walk(t.entries.Root())
	return found
}
