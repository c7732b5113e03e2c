package observe

import (
	"fmt"
	"strings"

	"oakmoot/internal/druid"
	"oakmoot/internal/zk/zkpath"
)

// batchKind is a node of segments as BatchDataSegmentAnnouncer writes it.
var batchKind = znodeKind{
	decode: readSegments,
	packed: true,
	host:   pathsServer,
	show: func(s *Shown, e *entry, put bool) {
		batch, _ := e.says.([]*druid.DataSegment)
		for _, segment := range distinct(batch) {
			s.segments.serve(e.Server, e.path, segment, put)
		}
	},
	turn: turnBatch,
	tell: tellBatch,
}

// turnBatch follows the segments by which a batch grew or shrank.
func turnBatch(s *Shown, from, to *entry) bool {
	before, _ := from.says.([]*druid.DataSegment)
	after, _ := to.says.([]*druid.DataSegment)
	changes, inOrder := druid.CompareBatches(before, after)
	if !inOrder {
		return false
	}
	for _, c := range changes {
		if c.Before != nil {
			s.segments.serve(from.Server, from.path, c.Before, false)
		}
		if c.After != nil {
			s.segments.serve(to.Server, to.path, c.After, true)
		}
	}
	return true
}

// readSegments and readSegment read what the roles read, too: the same segments, not copies of them.
func readSegments(_ zkpath.Parsed, content []byte) any {
	segments, err := druid.ReadBatch(content)
	if err != nil {
		return nil
	}
	return segments
}

func readSegment(_ zkpath.Parsed, content []byte) any {
	segment, err := druid.ParseSegment(content)
	if err != nil {
		return nil
	}
	return segment
}

// distinct are the segments of a batch, each once: if one occurs twice, the last counts.
func distinct(batch []*druid.DataSegment) map[druid.SegmentID]*druid.DataSegment {
	segments := make(map[druid.SegmentID]*druid.DataSegment, len(batch))
	for _, s := range batch {
		segments[s.ID()] = s
	}
	return segments
}

// tellBatch names the segments by which a batch grew or shrank.
func tellBatch(e *Event, s story) {
	before, after := batchOf(s.Before), batchOf(s.After)
	if s.Op == OpDelete {
		after = nil
	}
	added, removed := turnedIn(before, after)
	e.Protocol = Announcement
	switch {
	case len(added) > 0:
		e.Verb, e.Subject = "segment announced", strings.Join(added, " ")
	case len(removed) > 0:
		e.Verb, e.Subject = "segment unannounced", strings.Join(removed, " ")
	default:
		e.Verb, e.Subject = "empty batch "+s.choose("announced", "changed", "gone"), s.Server
	}
	e.Detail = fmt.Sprintf("on %s, %d in its node", s.Server, len(after))
}

func batchOf(content []byte) []*druid.DataSegment {
	if len(content) == 0 {
		return nil
	}
	segments, _ := readSegments(zkpath.Parsed{}, content).([]*druid.DataSegment)
	return segments
}

// turnedIn are the ids of the segments that a batch has more than before, and of those that it has not any more.
func turnedIn(before, after []*druid.DataSegment) (added, removed []string) {
	changes, inOrder := druid.CompareBatches(before, after)
	if !inOrder {
		return difference(idsOf(after), idsOf(before)), difference(idsOf(before), idsOf(after))
	}
	for _, c := range changes {
		switch {
		case c.Before == nil:
			added = append(added, c.After.ID().String())
		case c.After == nil:
			removed = append(removed, c.Before.ID().String())
		}
	}
	return added, removed
}

func idsOf(segments []*druid.DataSegment) []string {
	ids := make([]string, len(segments))
	for i, segment := range segments {
		ids[i] = segment.ID().String()
	}
	return ids
}

// difference is what a has and b does not.
func difference(a, b []string) []string {
	known := map[string]bool{}
	for _, id := range b {
		known[id] = true
	}
	var only []string
	for _, id := range a {
		if !known[id] {
			only = append(only, id)
		}
	}
	return only
}

// servedSegmentKind is a segment in the documented form, with a znode of its own.
var servedSegmentKind = znodeKind{
	decode: readSegment,
	host:   pathsServer,
	show: func(s *Shown, e *entry, put bool) {
		if segment, ok := e.says.(*druid.DataSegment); ok {
			s.segments.serve(e.Server, e.path, segment, put)
		}
	},
	tell: func(e *Event, s story) {
		e.Protocol = Announcement
		e.Verb = s.choose("segment served", "served segment changed", "segment no longer served")
		e.Subject, e.Detail = s.Name, "on "+s.Server
	},
}
