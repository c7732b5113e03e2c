package druid

import (
	"bytes"
	"slices"
)

// Same reports whether two descriptions say the same of a segment, word for word.
func (s *DataSegment) Same(o *DataSegment) bool {
	return s == o || s.ID() == o.ID() && s.Size == o.Size && equalAt(s.BinaryVersion, o.BinaryVersion) &&
		bytes.Equal(s.LoadSpec, o.LoadSpec) && slices.Equal(s.Dimensions, o.Dimensions) && slices.Equal(s.Metrics, o.Metrics) &&
		s.ShardSpec.same(&o.ShardSpec) && s.unknown.same(o.unknown)
}

func (s *ShardSpec) same(o *ShardSpec) bool {
	return s.Type == o.Type && s.PartitionNum == o.PartitionNum && s.Partitions == o.Partitions && s.Dimension == o.Dimension &&
		slices.Equal(s.PartitionDimensions, o.PartitionDimensions) && equalAt(s.Start, o.Start) && equalAt(s.End, o.End) && s.unknown.same(o.unknown)
}

func (f fields) same(o fields) bool {
	return slices.EqualFunc(f, o, func(a, b field) bool { return a.key == b.key && bytes.Equal(a.value, b.value) })
}

// equalAt compares what two pointers point to; nil is nothing.
func equalAt[T comparable](a, b *T) bool {
	return a == b || a != nil && b != nil && *a == *b
}
