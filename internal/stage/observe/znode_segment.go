package observe

import (
	"fmt"
	"strings"

	"oakmoot/internal/druid"
	"oakmoot/internal/zk/zkpath"
)

// batchKind is a node of segments as BatchDataSegmentAnnouncer writes it.
var batchKind = znodeKind{
	decodePacked: readBatch,
	host:         pathsServer,
	show: func(s *Shown, e *entry, put bool) {
		batch, _ := e.says.(*druid.Batch)
		for _, segment := range batch.Each() {
			s.segments.serve(e.Server, e.path, segment, put)
		}
	},
	turn: turnBatch,
	tell: tellBatch,
}

// turnBatch follows the segments by which a batch grew or shrank.
func turnBatch(s *Shown, from, to *entry) {
	before, _ := from.says.(*druid.Batch)
	after, _ := to.says.(*druid.Batch)
	for _, c := range after.Since(before) {
		if c.Before != nil {
			s.segments.serve(from.Server, from.path, c.Before, false)
		}
		if c.After != nil {
			s.segments.serve(to.Server, to.path, c.After, true)
		}
	}
}

// readBatch and readSegment read what the roles read, too: the same segments, not copies of them.
func readBatch(packed, content []byte) any {
	batch, err := druid.ReadUnpackedBatch(packed, content)
	if err != nil {
		return nil
	}
	return batch
}

func readSegment(_ zkpath.Parsed, content []byte) any {
	segment, err := druid.ParseSegment(content)
	if err != nil {
		return nil
	}
	return segment
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
	e.Detail = fmt.Sprintf("on %s, %d in its node", s.Server, after.Len())
}

func batchOf(content []byte) *druid.Batch {
	if len(content) == 0 {
		return nil
	}
	batch, _ := readBatch(content, nil).(*druid.Batch)
	return batch
}

// turnedIn are the ids of the segments that a batch has more than before, and of those that it has not any more.
func turnedIn(before, after *druid.Batch) (added, removed []string) {
	for _, c := range after.Since(before) {
		switch {
		case c.Before == nil:
			added = append(added, c.After.ID().String())
		case c.After == nil:
			removed = append(removed, c.Before.ID().String())
		}
	}
	return added, removed
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
