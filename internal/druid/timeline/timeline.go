// Package timeline decides which segments of a datasource are visible: where they
// overlap the newest version wins, interval by interval, once all its partitions are
// present. It is VersionedIntervalTimeline of Druid, and pure.
package timeline

import (
	"cmp"
	"slices"

	"oakmoot/internal/druid"
)

// Timeline holds objects of type T, such as segments, by interval, version and
// partition. The zero value is not usable; see New. It is not safe for concurrent
// use.
type Timeline[T any] struct {
	entries map[key]*entry[T]
}

type key struct {
	interval druid.Interval
	version  string
}

// entry holds all partitions of an interval and version: PartitionHolder.
type entry[T any] struct {
	key
	chunks map[int]Chunk[T]
}

// Chunk is one partition.
type Chunk[T any] struct {
	Shard  druid.ShardSpec
	Object T
}

// Holder is a span of time and what is visible in it.
type Holder[T any] struct {
	Interval     druid.Interval // the visible part
	TrueInterval druid.Interval // of the segments themselves
	Version      string
	Chunks       []Chunk[T] // by partition number
}

// New returns an empty timeline.
func New[T any]() *Timeline[T] { return &Timeline[T]{entries: map[key]*entry[T]{}} }

// Add adds an object, replacing one of the same interval, version and partition.
func (t *Timeline[T]) Add(interval druid.Interval, version string, shard druid.ShardSpec, object T) {
	k := key{interval, version}
	e := t.entries[k]
	if e == nil {
		e = &entry[T]{key: k, chunks: map[int]Chunk[T]{}}
		t.entries[k] = e
	}
	e.chunks[shard.PartitionNum] = Chunk[T]{shard, object}
}

// Remove removes an object.
func (t *Timeline[T]) Remove(interval druid.Interval, version string, shard druid.ShardSpec) {
	k := key{interval, version}
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
func (t *Timeline[T]) Lookup(in druid.Interval) []Holder[T] {
	return t.lookup(in, func(e *entry[T]) bool { return e.complete() })
}

// LookupIncomplete is Lookup that counts incomplete sets of partitions too.
func (t *Timeline[T]) LookupIncomplete(in druid.Interval) []Holder[T] {
	return t.lookup(in, func(*entry[T]) bool { return true })
}

func (t *Timeline[T]) lookup(in druid.Interval, counts func(*entry[T]) bool) []Holder[T] {
	var overlapping []*entry[T]
	for _, e := range t.entries {
		if e.interval.Overlaps(in) && counts(e) {
			overlapping = append(overlapping, e)
		}
	}
	slices.SortFunc(overlapping, newestFirst[T])
	var covered []druid.Interval
	var holders []Holder[T]
	for _, e := range overlapping {
		for _, part := range subtract(clip(e.interval, in), covered) {
			holders = append(holders, e.holder(part))
		}
		covered = append(covered, e.interval)
	}
	slices.SortFunc(holders, func(a, b Holder[T]) int { return cmp.Compare(a.Interval.Start, b.Interval.Start) })
	return holders
}

// Overshadowed lists what newer, complete versions hide entirely.
func (t *Timeline[T]) Overshadowed() []Holder[T] {
	var hidden []Holder[T]
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
	slices.SortFunc(hidden, func(a, b Holder[T]) int {
		return cmp.Or(cmp.Compare(a.Interval.Start, b.Interval.Start), cmp.Compare(a.Interval.End, b.Interval.End), cmp.Compare(a.Version, b.Version))
	})
	return hidden
}

func newestFirst[T any](a, b *entry[T]) int {
	return cmp.Or(cmp.Compare(b.version, a.version), cmp.Compare(a.interval.Start, b.interval.Start), cmp.Compare(a.interval.End, b.interval.End))
}

func (e *entry[T]) holder(visible druid.Interval) Holder[T] {
	h := Holder[T]{Interval: visible, TrueInterval: e.interval, Version: e.version}
	for _, c := range e.chunks {
		h.Chunks = append(h.Chunks, c)
	}
	slices.SortFunc(h.Chunks, func(a, b Chunk[T]) int { return cmp.Compare(a.Shard.PartitionNum, b.Shard.PartitionNum) })
	return h
}

// complete is PartitionHolder.isComplete: none and linear always; numbered and hashed
// once 0 to partitions-1 are present; single once a chain leads from an open start to
// an open end.
func (e *entry[T]) complete() bool {
	for _, c := range e.chunks {
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

func (e *entry[T]) counted(partitions int) bool {
	for n := range partitions {
		if _, ok := e.chunks[n]; !ok {
			return false
		}
	}
	return true
}

func (e *entry[T]) chained() bool {
	next := map[string]*string{} // start → end, the open start as ""
	open := false
	for _, c := range e.chunks {
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
