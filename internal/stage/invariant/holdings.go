package invariant

import (
	"maps"
	"slices"

	"oakmoot/internal/druid"
	"oakmoot/internal/stage/observe"
	"oakmoot/internal/zk/zkpath"
)

// holdings are which servers announce which segments, by segment and by server.
type holdings struct {
	servers map[string]druid.ServerMetadata                   // by host
	of      map[druid.SegmentID]map[string]int                // hosts, and in how many znodes each announces it
	full    map[string]int64                                  // bytes that a host announces
	held    map[string]map[druid.SegmentID]*druid.DataSegment // by data source
	changed map[string]uint64                                 // counts the changes of what is announced of a data source
	left    *druid.Batch                                      // what the znode that is being changed has announced
}

func newHoldings() *holdings {
	return &holdings{
		servers: map[string]druid.ServerMetadata{}, of: map[druid.SegmentID]map[string]int{}, full: map[string]int64{},
		held: map[string]map[druid.SegmentID]*druid.DataSegment{}, changed: map[string]uint64{},
	}
}

// turned takes a znode's coming or going, and returns the segments that its server
// announces now and did not before.
func (h *holdings) turned(t observe.Turn) (added []*druid.DataSegment) {
	switch t.Kind {
	case zkpath.KindAnnouncement:
		meta, ok := t.Says.(druid.ServerMetadata)
		if h.servers[t.Server] = meta; !t.Comes || !ok {
			delete(h.servers, t.Server)
		}
	case zkpath.KindSegmentBatch:
		batch, _ := t.Says.(*druid.Batch)
		return h.batch(t, batch)
	case zkpath.KindServedSegment:
		if segment, ok := t.Says.(*druid.DataSegment); ok {
			return h.batch(t, druid.NewBatch(segment))
		}
	}
	return nil
}

// batch takes a znode of segments. Of a changed one the going is put off until it has
// come again, so that only the difference counts.
func (h *holdings) batch(t observe.Turn, segments *druid.Batch) (added []*druid.DataSegment) {
	if t.Changes() && !t.Comes {
		h.left = segments
		return nil
	}
	if !t.Comes {
		segments, h.left = nil, segments
	}
	for _, c := range segments.Since(h.left) {
		switch {
		case c.After == nil:
			h.take(t.Server, c.Before.ID(), c.Before)
		case c.Before == nil && h.put(t.Server, c.After.ID(), c.After):
			added = append(added, c.After)
		}
	}
	h.left = nil
	return added
}

// put notes that one more znode of a host announces a segment, and reports whether it is
// the first.
func (h *holdings) put(host string, id druid.SegmentID, segment *druid.DataSegment) bool {
	if h.of[id] == nil {
		h.of[id] = map[string]int{}
	}
	if h.of[id][host]++; h.of[id][host] > 1 {
		return false
	}
	h.full[host] += segment.Size
	h.moved(id, segment, true)
	return true
}

// take notes that one znode less of a host announces a segment.
func (h *holdings) take(host string, id druid.SegmentID, segment *druid.DataSegment) {
	hosts := h.of[id]
	if hosts[host] == 0 {
		return
	}
	if hosts[host]--; hosts[host] > 0 {
		return
	}
	delete(hosts, host)
	h.full[host] -= segment.Size
	if len(hosts) == 0 {
		delete(h.of, id)
	}
	h.moved(id, segment, len(hosts) > 0)
}

// moved notes that what is announced of a data source has changed.
func (h *holdings) moved(id druid.SegmentID, segment *druid.DataSegment, held bool) {
	h.changed[id.DataSource]++
	if h.held[id.DataSource] == nil {
		h.held[id.DataSource] = map[druid.SegmentID]*druid.DataSegment{}
	}
	if h.held[id.DataSource][id] = segment; !held {
		delete(h.held[id.DataSource], id)
	}
	if len(h.held[id.DataSource]) == 0 {
		delete(h.held, id.DataSource)
	}
}

// hosts are the announced servers that announce a segment, sorted.
func (h *holdings) hosts(id druid.SegmentID) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(h.of[id])), func(host string) bool {
		_, announced := h.servers[host]
		return !announced
	})
}

// anywhere reports whether any announced server announces a segment.
func (h *holdings) anywhere(id druid.SegmentID) bool {
	for host := range h.of[id] {
		if _, announced := h.servers[host]; announced {
			return true
		}
	}
	return false
}

// inTier counts the servers of a tier, those that segments are replicated onto, that announce a segment.
func (h *holdings) inTier(id druid.SegmentID, tier string) (count int) {
	for host := range h.of[id] {
		if meta, announced := h.servers[host]; announced && meta.Tier == tier && meta.ReplicationTarget() {
			count++
		}
	}
	return count
}

// on counts the hosts that announce a segment.
func (h *holdings) on(id druid.SegmentID) int { return len(h.of[id]) }

// announces reports whether a server announces a segment.
func (h *holdings) announces(host string, id druid.SegmentID) bool { return h.of[id][host] > 0 }

// dataSources are those of which segments are announced, sorted.
func (h *holdings) dataSources() []string { return slices.Sorted(maps.Keys(h.held)) }
