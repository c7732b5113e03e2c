package timeline_test

import (
	"cmp"
	"maps"
	"slices"

	"oakmoot/internal/druid"
	"oakmoot/internal/druid/timeline"
)

// plain is a timeline that compares each entry with each other: slow, and easy to be sure of.
type plain[T any] struct {
	entries map[plainKey]*plainEntry[T]
}

type plainKey struct {
	interval druid.Interval
	version  string
}

// plainEntry holds all partitions of an interval and version: PartitionHolder.
type plainEntry[T any] struct {
	plainKey
	chunks map[int]plainChunk[T]
}

// plainChunk is one partition.
type plainChunk[T any] struct {
	Shard  druid.ShardSpec
	Object T
}

func newPlain[T any]() *plain[T] { return &plain[T]{entries: map[plainKey]*plainEntry[T]{}} }

// Add adds an object, replacing one of the same interval, version and partition.
func (t *plain[T]) Add(interval druid.Interval, version string, shard druid.ShardSpec, object T) {
	k := plainKey{interval, version}
	e := t.entries[k]
	if e == nil {
		e = &plainEntry[T]{plainKey: k, chunks: map[int]plainChunk[T]{}}
		t.entries[k] = e
	}
	e.chunks[shard.PartitionNum] = plainChunk[T]{shard, object}
}

// Remove removes an object.
func (t *plain[T]) Remove(interval druid.Interval, version string, shard druid.ShardSpec) {
	k := plainKey{interval, version}
	e := t.entries[k]
	if e == nil {
		return
	}
	delete(e.chunks, shard.PartitionNum)
	if len(e.chunks) == 0 {
		delete(t.entries, k)
	}
}

// Lookup returns what is visible in an interval, in time order; only complete sets of
// partitions count.
func (t *plain[T]) Lookup(in druid.Interval) []timeline.Holder[T] {
	return t.lookup(in, func(e *plainEntry[T]) bool { return e.complete() })
}

// LookupIncomplete is Lookup that counts incomplete sets of partitions too.
func (t *plain[T]) LookupIncomplete(in druid.Interval) []timeline.Holder[T] {
	return t.lookup(in, func(*plainEntry[T]) bool { return true })
}

func (t *plain[T]) lookup(in druid.Interval, counts func(*plainEntry[T]) bool) []timeline.Holder[T] {
	var overlapping []*plainEntry[T]
	for _, e := range t.entries {
		if e.interval.Overlaps(in) && counts(e) {
			overlapping = append(overlapping, e)
		}
	}
	slices.SortFunc(overlapping, newestFirst[T])
	var covered []druid.Interval
	var holders []timeline.Holder[T]
	for _, e := range overlapping {
		for _, part := range subtract(clip(e.interval, in), covered) {
			holders = append(holders, e.holder(part))
		}
		covered = append(covered, e.interval)
	}
	slices.SortFunc(holders, func(a, b timeline.Holder[T]) int {
		return cmp.Or(cmp.Compare(a.Interval.Start, b.Interval.Start), cmp.Compare(a.Interval.End, b.Interval.End), cmp.Compare(a.Version, b.Version))
	})
	return holders
}

// Overshadowed lists what newer, complete versions hide entirely.
func (t *plain[T]) Overshadowed() []timeline.Holder[T] {
	var hidden []timeline.Holder[T]
	for _, e := range t.entries {
		var newer []druid.Interval
		for _, o := range t.entries {
			if o.version > e.version && o.interval.Overlaps(e.interval) && o.complete() {
				newer = append(newer, o.interval)
			}
		}
		if len(subtract(e.interval, newer)) == 0 {
			hidden = append(hidden, e.holder(e.interval))
		}
	}
	slices.SortFunc(hidden, func(a, b timeline.Holder[T]) int {
		return cmp.Or(cmp.Compare(a.Interval.Start, b.Interval.Start), cmp.Compare(a.Interval.End, b.Interval.End), cmp.Compare(a.Version, b.Version))
	})
	return hidden
}

func newestFirst[T any](a, b *plainEntry[T]) int {
	return cmp.Or(cmp.Compare(b.version, a.version), cmp.Compare(a.interval.Start, b.interval.Start), cmp.Compare(a.interval.End, b.interval.End))
}

func (e *plainEntry[T]) holder(visible druid.Interval) timeline.Holder[T] {
	h := timeline.Holder[T]{Interval: visible, TrueInterval: e.interval, Version: e.version}
	for _, c := range e.inOrder() {
		h.Chunks = append(h.Chunks, timeline.Chunk[T]{Partition: c.Shard.PartitionNum, Object: c.Object})
	}
	return h
}

// inOrder are the partitions by number.
func (e *plainEntry[T]) inOrder() []plainChunk[T] {
	return slices.SortedFunc(maps.Values(e.chunks), func(a, b plainChunk[T]) int { return cmp.Compare(a.Shard.PartitionNum, b.Shard.PartitionNum) })
}

// complete is PartitionHolder.isComplete: none and linear always; numbered and hashed
// once 0 to partitions-1 are present; single once a chain leads from an open start to
// an open end.
func (e *plainEntry[T]) complete() bool {
	for _, c := range e.inOrder() {
		switch c.Shard.Type {
		case "numbered", "hashed":
			return e.counted(c.Shard.Partitions)
		case "single":
			return e.chained()
		}
		return true
	}
	return false
}

func (e *plainEntry[T]) counted(partitions int) bool {
	for n := range partitions {
		if _, ok := e.chunks[n]; !ok {
			return false
		}
	}
	return true
}

func (e *plainEntry[T]) chained() bool {
	next := map[string]*string{} // start → end, the open start as ""
	open := false
	for _, c := range e.inOrder() {
		start := ""
		if c.Shard.Start != nil {
			start = "=" + *c.Shard.Start
		} else {
			open = true
		}
		next[start] = c.Shard.End
	}
	if !open {
		return false
	}
	at := ""
	for range len(e.chunks) {
		end, ok := next[at]
		if !ok {
			return false
		}
		if end == nil {
			return true
		}
		at = "=" + *end
	}
	return false
}

func clip(i, to druid.Interval) druid.Interval {
	return druid.Interval{Start: max(i.Start, to.Start), End: min(i.End, to.End)}
}

// subtract returns what is left of an interval without the others.
func subtract(i druid.Interval, others []druid.Interval) []druid.Interval {
	left := []druid.Interval{i}
	for _, o := range others {
		var next []druid.Interval
		for _, part := range left {
			if !part.Overlaps(o) {
				next = append(next, part)
				continue
			}
			if part.Start < o.Start {
				next = append(next, druid.Interval{Start: part.Start, End: o.Start})
			}
			if o.End < part.End {
				next = append(next, druid.Interval{Start: o.End, End: part.End})
			}
		}
		left = next
	}
	return left
}
