package druid

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// String returns the identifier: dataSource_start_end_version, then _partition unless
// it is 0.
func (id SegmentID) String() string {
	b := make([]byte, 0, len(id.DataSource)+len(id.Version)+2*instantLength+16)
	b = id.Interval.Start.append(append(append(b, id.DataSource...), '_'))
	b = id.Interval.End.append(append(b, '_'))
	b = append(append(b, '_'), id.Version...)
	if id.Partition != 0 {
		b = strconv.AppendInt(append(b, '_'), int64(id.Partition), 10)
	}
	return string(b)
}

// MarshalText writes the identifier.
func (id SegmentID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// Compare orders ids as SegmentId does: by datasource, start, end, version, partition.
func (id SegmentID) Compare(o SegmentID) int { return compareIDs(&id, &o) }

// compareIDs looks no further than the first difference: ids are compared more often than anything else.
func compareIDs(a, b *SegmentID) int {
	if c := strings.Compare(a.DataSource, b.DataSource); c != 0 {
		return c
	}
	if c := cmp.Compare(a.Interval.Start, b.Interval.Start); c != 0 {
		return c
	}
	if c := cmp.Compare(a.Interval.End, b.Interval.End); c != 0 {
		return c
	}
	if c := strings.Compare(a.Version, b.Version); c != 0 {
		return c
	}
	return cmp.Compare(a.Partition, b.Partition)
}

// ParseSegmentID reads an identifier of a known datasource. A trailing positive number
// is taken as the partition, which is what Java tries first.
func ParseSegmentID(dataSource, s string) (SegmentID, error) {
	bad := fmt.Errorf("%q is not a segment id of %s", s, dataSource)
	rest, ok := strings.CutPrefix(s, dataSource+"_")
	if !ok {
		return SegmentID{}, bad
	}
	parts := strings.SplitN(rest, "_", 3)
	if len(parts) != 3 || parts[2] == "" {
		return SegmentID{}, bad
	}
	interval, err := ParseInterval(parts[0] + "/" + parts[1])
	if err != nil {
		return SegmentID{}, bad
	}
	id := SegmentID{DataSource: dataSource, Interval: interval, Version: parts[2]}
	if i := strings.LastIndexByte(id.Version, '_'); i > 0 {
		if n, err := strconv.Atoi(id.Version[i+1:]); err == nil && n > 0 {
			id.Version, id.Partition = id.Version[:i], n
		}
	}
	return id, nil
}

func (s *DataSegment) members() []member {
	return []member{
		{key: "dataSource", value: &s.DataSource},
		{key: "interval", value: &s.Interval},
		{key: "version", value: &s.Version},
		{key: "loadSpec", value: (*rawOrNull)(&s.LoadSpec)},
		{key: "dimensions", value: (*commaList)(&s.Dimensions)},
		{key: "metrics", value: (*commaList)(&s.Metrics)},
		{key: "shardSpec", value: &s.ShardSpec},
		{key: "binaryVersion", value: &s.BinaryVersion},
		{key: "size", value: &s.Size},
		{key: "identifier", value: s.ID().String(), derived: true},
	}
}

var recentRequests = recent[*ChangeRequest]{read: func(content []byte) (*ChangeRequest, error) {
	r := new(ChangeRequest)
	return r, json.Unmarshal(content, r)
}}

// ReadRequest reads an entry of a load queue, unpacked. Whoever reads the same content soon after gets the same request,
// which must not be changed.
func ReadRequest(content []byte) (*ChangeRequest, error) { return recentRequests.get(content, content) }

// MarshalJSON writes the segment as Jackson does.
func (s DataSegment) MarshalJSON() ([]byte, error) {
	if len(s.unknown) > 0 {
		return encodeObject(s.members(), s.unknown)
	}
	b, err := s.append([]byte{'{'})
	return append(b, '}'), err
}

// UnmarshalJSON reads a segment. A missing shard spec is none.
func (s *DataSegment) UnmarshalJSON(b []byte) error {
	*s = DataSegment{ShardSpec: NoneShardSpec()}
	if !s.quick(b) {
		*s = DataSegment{ShardSpec: NoneShardSpec()}
		if err := decodeObject(b, s.members(), &s.unknown); err != nil {
			return fmt.Errorf("segment: %w", err)
		}
	}
	if s.DataSource == "" || s.Version == "" {
		return fmt.Errorf("segment: dataSource and version are required: %.200s", b)
	}
	return nil
}

func (s *ShardSpec) members() []member {
	all := []member{{key: "type", value: &s.Type}}
	dims := (*list)(&s.PartitionDimensions)
	num := member{key: "partitionNum", value: &s.PartitionNum}
	of := member{key: "partitions", value: &s.Partitions}
	switch s.Type {
	case "none":
		return all
	case "linear":
		return append(all, num)
	case "numbered":
		return append(all, num, of)
	case "hashed":
		return append(all, num, of, member{key: "partitionDimensions", value: dims})
	case "single":
		return append(all, member{key: "dimension", value: &s.Dimension},
			member{key: "start", value: &s.Start}, member{key: "end", value: &s.End}, num)
	}
	return append(all, num)
}

// MarshalJSON writes the members of the spec's type.
func (s ShardSpec) MarshalJSON() ([]byte, error) {
	if s.Type == "" {
		s.Type = "none"
	}
	return encodeObject(s.members(), s.unknown)
}

// UnmarshalJSON reads a shard spec; null is none.
func (s *ShardSpec) UnmarshalJSON(b []byte) error {
	*s = NoneShardSpec()
	if string(b) == "null" {
		return nil
	}
	var typed struct{ Type string }
	if err := json.Unmarshal(b, &typed); err != nil {
		return err
	}
	s.Type = typed.Type
	return decodeObject(b, s.members(), &s.unknown)
}

// MarshalJSON writes the action and then the segment's members beside it.
func (r ChangeRequest) MarshalJSON() ([]byte, error) {
	members := []member{{key: "action", value: &r.Action}}
	if r.Action == ActionLoad || r.Action == ActionDrop {
		if len(r.Segment.unknown) == 0 {
			b, err := r.Segment.append(append(appendText([]byte(`{"action":`), r.Action), ','))
			return append(b, '}'), err
		}
		members = append(members, r.Segment.members()...)
		return encodeObject(members, r.Segment.unknown)
	}
	return encodeObject(members, r.unknown)
}

// UnmarshalJSON reads a request; an action unknown to Druid is an error.
func (r *ChangeRequest) UnmarshalJSON(b []byte) error {
	*r = ChangeRequest{Segment: DataSegment{ShardSpec: NoneShardSpec()}}
	if r.quick(b) {
		return nil
	}
	*r = ChangeRequest{}
	all, err := readFields(b)
	if err != nil {
		return err
	}
	raw, ok := all.get("action")
	if !ok {
		return fmt.Errorf("change request: no action in %.200s", b)
	}
	if err := json.Unmarshal(raw, &r.Action); err != nil {
		return fmt.Errorf("change request: %w", err)
	}
	switch r.Action {
	case ActionNoop:
		return decodeObject(b, []member{{key: "action", value: &r.Action}}, &r.unknown)
	case ActionLoad, ActionDrop:
		r.Segment.ShardSpec = NoneShardSpec()
		members := append(r.Segment.members(), member{key: "action", value: &r.Action})
		if err := decodeObject(b, members, &r.Segment.unknown); err != nil {
			return fmt.Errorf("change request: %w", err)
		}
		if r.Segment.DataSource == "" || r.Segment.Version == "" {
			return fmt.Errorf("change request: dataSource and version are required: %.200s", b)
		}
		return nil
	}
	return fmt.Errorf("change request: unknown action %q", r.Action)
}

func (s *SegmentIDWithShardSpec) members() []member {
	return []member{
		{key: "dataSource", value: &s.DataSource}, {key: "interval", value: &s.Interval},
		{key: "version", value: &s.Version}, {key: "shardSpec", value: &s.ShardSpec},
	}
}

// MarshalJSON writes the identifier as SegmentIdWithShardSpec of Java.
func (s SegmentIDWithShardSpec) MarshalJSON() ([]byte, error) { return encodeObject(s.members(), nil) }

// UnmarshalJSON reads it.
func (s *SegmentIDWithShardSpec) UnmarshalJSON(b []byte) error {
	var ignored fields
	return decodeObject(b, s.members(), &ignored)
}
