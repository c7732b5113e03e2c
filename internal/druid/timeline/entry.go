package timeline

import (
	"cmp"
	"slices"

	"oakmoot/internal/druid"
)

// entry holds all partitions of an interval and version: PartitionHolder.
type entry[T any] struct {
	interval druid.Interval
	version  string
	chunks   []Chunk[T] // by partition number
	known    answer     // whether the set is complete
}

// answer is one that is worked out when it is first asked for.
type answer int8

const (
	unasked answer = iota
	yes
	no
)

// Chunk is one partition.
type Chunk[T any] struct {
	Partition int
	Object    T
	set       set
}

// set is what a shard spec says about the set that a partition belongs to.
type set struct {
	by         rule
	partitions int     // by count
	start, end *string // by chain; nil is unbounded
}

// rule is how it is found out whether a set is complete.
type rule int8

const (
	always  rule = iota // none, linear and what is unknown
	byCount             // numbered and hashed: once 0 to partitions-1 are present
	byChain             // single: once a chain leads from an open start to an open end
)

func setOf(s druid.ShardSpec) set {
	switch s.Type {
	case "numbered", "hashed":
		return set{by: byCount, partitions: s.Partitions}
	case "single":
		return set{by: byChain, start: s.Start, end: s.End}
	}
	return set{}
}

func (e *entry[T]) find(partition int) (int, bool) {
	if n := len(e.chunks); n > 0 && e.chunks[n-1].Partition < partition {
		return n, false
	}
	return slices.BinarySearchFunc(e.chunks, partition, func(c Chunk[T], n int) int { return cmp.Compare(c.Partition, n) })
}

func (e *entry[T]) add(shard druid.ShardSpec, object T) {
	c := Chunk[T]{Partition: shard.PartitionNum, Object: object, set: setOf(shard)}
	e.known = unasked
	if i, there := e.find(c.Partition); there {
		e.chunks[i] = c
	} else {
		e.chunks = slices.Insert(e.chunks, i, c)
	}
}

func (e *entry[T]) remove(shard druid.ShardSpec) {
	if i, there := e.find(shard.PartitionNum); there {
		e.chunks, e.known = slices.Delete(e.chunks, i, i+1), unasked
	}
}

// meets reports whether it overlaps an interval or equals it, which can be an empty one.
func (e *entry[T]) meets(in druid.Interval) bool { return e.interval.Overlaps(in) || e.interval == in }

func (e *entry[T]) holder(visible druid.Interval) Holder[T] {
	return Holder[T]{Interval: visible, TrueInterval: e.interval, Version: e.version, Chunks: slices.Clone(e.chunks)}
}

// complete is PartitionHolder.isComplete, which goes by the first partition.
func (e *entry[T]) complete() bool {
	if e.known == unasked {
		e.known = no
		if e.whole() {
			e.known = yes
		}
	}
	return e.known == yes
}

func (e *entry[T]) whole() bool {
	if len(e.chunks) == 0 {
		return false
	}
	switch first := e.chunks[0].set; first.by {
	case byCount:
		return e.counted(first.partitions)
	case byChain:
		return e.chained()
	}
	return true
}

func (e *entry[T]) counted(partitions int) bool {
	if partitions <= 0 {
		return true
	}
	i, there := e.find(partitions - 1)
	at, _ := e.find(0)
	return there && i-at == partitions-1
}

func (e *entry[T]) chained() bool {
	next := map[string]*string{} // start → end, the open start as ""
	open := false
	for _, c := range e.chunks {
		start := ""
		if c.set.start != nil {
			start = "=" + *c.set.start
		} else {
			open = true
		}
		next[start] = c.set.end
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
