package druid

import "encoding/json"

// SegmentID names a segment: SegmentId in Java. It is comparable.
type SegmentID struct {
	DataSource string
	Interval   Interval
	Version    string
	Partition  int
}

// DataSegment describes a published segment: org.apache.druid.timeline.DataSegment.
type DataSegment struct {
	DataSource    string
	Interval      Interval
	Version       string
	LoadSpec      json.RawMessage // an object, or null when pruned
	Dimensions    []string        // one comma-joined string on the wire
	Metrics       []string        // likewise
	ShardSpec     ShardSpec
	BinaryVersion *int  // 9 for V9; null for a sink that is only announced
	Size          int64 // bytes of the files before they were zipped

	unknown fields
}

// ID returns the segment's identifier.
func (s DataSegment) ID() SegmentID {
	return SegmentID{s.DataSource, s.Interval, s.Version, s.ShardSpec.PartitionNum}
}

// ShardSpec says which partition of its interval and version a segment is. Which fields
// apply depends on Type: none, linear, numbered, hashed or single. For any other type
// only PartitionNum is understood and the rest is kept.
type ShardSpec struct {
	Type                string
	PartitionNum        int
	Partitions          int      // numbered and hashed; 0 means open-ended
	PartitionDimensions []string // hashed
	Dimension           string   // single
	Start, End          *string  // single; nil is unbounded

	unknown fields
}

// NoneShardSpec is the spec of a segment that is alone in its interval and version.
func NoneShardSpec() ShardSpec { return ShardSpec{Type: "none"} }

// LinearShardSpec is always complete.
func LinearShardSpec(num int) ShardSpec { return ShardSpec{Type: "linear", PartitionNum: num} }

// NumberedShardSpec is complete once partitions 0 to of-1 are there; of 0 means open-ended.
func NumberedShardSpec(num, of int) ShardSpec {
	return ShardSpec{Type: "numbered", PartitionNum: num, Partitions: of}
}

// HashedShardSpec is numbered, with rows assigned by a hash of their dimensions.
func HashedShardSpec(num, of int, dims []string) ShardSpec {
	return ShardSpec{Type: "hashed", PartitionNum: num, Partitions: of, PartitionDimensions: dims}
}

// ChangeRequest is an entry of a load queue: DataSegmentChangeRequest in Java.
type ChangeRequest struct {
	Action  string // ActionLoad, ActionDrop or ActionNoop
	Segment DataSegment

	unknown fields
}

// Actions of a ChangeRequest.
const (
	ActionLoad = "load"
	ActionDrop = "drop"
	ActionNoop = "noop"
)
