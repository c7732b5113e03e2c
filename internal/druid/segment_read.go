package druid

import (
	"bytes"
	"time"
)

// quick reads a segment that is written as Druid writes one. It reports false, with the
// segment in no particular state, when it has to be read in the general way.
func (s *DataSegment) quick(data []byte) bool {
	p := plain{data: data}
	q := segmentReader{segment: s, plain: &p}
	p.members(q.member)
	return !p.failed
}

// quick reads a change request likewise.
func (r *ChangeRequest) quick(data []byte) bool {
	p := plain{data: data}
	q := segmentReader{segment: &r.Segment, plain: &p, action: &r.Action}
	p.members(q.member)
	return !p.failed && (r.Action == ActionLoad || r.Action == ActionDrop) && r.Segment.DataSource != "" && r.Segment.Version != ""
}

// segmentReader reads the members of a segment, each at most once.
type segmentReader struct {
	*plain
	segment *DataSegment
	action  *string // of the change request around it, if there is one
	seen    uint16
}

// once notes a member and fails if it comes again.
func (q *segmentReader) once(i int) {
	q.failed = q.failed || q.seen&(1<<i) != 0
	q.seen |= 1 << i
}

func (q *segmentReader) member(key []byte) {
	s := q.segment
	switch string(key) {
	case "dataSource":
		q.once(0)
		s.DataSource = sharedNames.get(q.text())
	case "interval":
		q.once(1)
		s.Interval = q.interval()
	case "version":
		q.once(2)
		s.Version = sharedNames.get(q.text())
	case "loadSpec":
		q.once(3)
		if s.LoadSpec = nil; !q.null() {
			s.LoadSpec = bytes.Clone(q.value())
		}
	case "dimensions":
		q.once(4)
		s.Dimensions = q.list()
	case "metrics":
		q.once(5)
		s.Metrics = q.list()
	case "shardSpec":
		q.once(6)
		s.ShardSpec = q.shardSpec()
	case "binaryVersion":
		q.once(7)
		if s.BinaryVersion = nil; !q.null() {
			s.BinaryVersion = sharedNumber(q.integer())
		}
	case "size":
		q.once(8)
		s.Size = q.integer()
	case "identifier":
		q.value()
	case "action":
		if q.failed = q.failed || q.action == nil; q.failed {
			return
		}
		q.once(9)
		*q.action = sharedNames.get(q.text())
	default:
		q.failed = true
	}
}

func (q *segmentReader) list() []string {
	text := q.text()
	if len(text) == 0 {
		return nil
	}
	return sharedLists.get(text)
}

func (q *segmentReader) interval() (i Interval) {
	text := q.text()
	if len(text) != 2*instantLength+1 || text[instantLength] != '/' {
		q.failed = true
		return i
	}
	start, first := quickInstant(text[:instantLength])
	end, second := quickInstant(text[instantLength+1:])
	q.failed = q.failed || !first || !second || end < start
	return Interval{start, end}
}

// shardSpec reads the kinds that have numbers only, and any other in the general way.
func (q *segmentReader) shardSpec() ShardSpec {
	start := q.at
	spec := ShardSpec{}
	part := *q.plain
	part.members(func(key []byte) {
		switch {
		case spec.Type == "" && string(key) == "type":
			spec.Type = sharedNames.get(part.text())
		case string(key) == "partitionNum" && (spec.Type == "linear" || spec.Type == "numbered"):
			spec.PartitionNum = int(part.integer())
		case string(key) == "partitions" && spec.Type == "numbered":
			spec.Partitions = int(part.integer())
		default:
			part.failed = true
		}
	})
	if !part.failed && (spec.Type == "none" || spec.Type == "linear" || spec.Type == "numbered") {
		q.at = part.at
		return spec
	}
	q.at = start
	if spec.UnmarshalJSON(q.value()) != nil {
		q.failed = true
	}
	return spec
}

const instantLength = len("2001-01-01T00:00:00.000Z")

// quickInstant reads an instant as Timestamp.String writes those of four-digit years.
func quickInstant(b []byte) (t Timestamp, ok bool) {
	if b[4] != '-' || b[7] != '-' || b[10] != 'T' || b[13] != ':' || b[16] != ':' || b[19] != '.' || b[23] != 'Z' {
		return 0, false
	}
	ok = true
	number := func(from, to int) (n int) {
		for _, c := range b[from:to] {
			ok = ok && c >= '0' && c <= '9'
			n = n*10 + int(c-'0')
		}
		return n
	}
	year, month, day := number(0, 4), number(5, 7), number(8, 10)
	hour, minute, second, millis := number(11, 13), number(14, 16), number(17, 19), number(20, 23)
	if !ok || month < 1 || month > 12 || day < 1 || day > 28 && day > daysIn(year, month) || hour > 23 || minute > 59 || second > 59 {
		return 0, false
	}
	at := time.Date(year, time.Month(month), day, hour, minute, second, millis*int(time.Millisecond), time.UTC)
	return At(at), true
}

func daysIn(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}
