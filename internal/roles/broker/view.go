package broker

import (
	"maps"
	"slices"

	"oakmoot/internal/druid"
	"oakmoot/internal/druid/timeline"
	"oakmoot/internal/rows/query"
	"oakmoot/internal/zk/inventory"
)

// view is what the broker knows about who serves what: BrokerServerView.
type view struct {
	servers   map[string]*druid.ServerMetadata
	selectors map[druid.SegmentID]*selector
	timelines map[string]*timeline.Timeline[*selector]
}

// selector is a segment and the servers that announce it: ServerSelector. The segment is shared with whoever else reads
// the same announcement, and the servers with all that they announce, since there may be a million selectors.
type selector struct {
	segment *druid.DataSegment
	servers []*druid.ServerMetadata
}

func newView() *view {
	return &view{
		servers:   make(map[string]*druid.ServerMetadata),
		selectors: make(map[druid.SegmentID]*selector),
		timelines: make(map[string]*timeline.Timeline[*selector]),
	}
}

// apply applies a change of the inventory.
func (v *view) apply(e inventory.Event) {
	switch e.Type {
	case inventory.ServerAdded, inventory.ServerUpdated:
		*v.server(e.Server.Name) = e.Server
	case inventory.ServerRemoved:
		v.removeServer(e.Server.Name, e.Lost)
	case inventory.SegmentAdded:
		v.addSegment(e.Server, e.Segment)
	case inventory.SegmentRemoved:
		v.removeSegment(e.Server.Name, e.Segment.ID())
	case inventory.Initialized:
	}
}

// server is a server's entry, which is made if need be.
func (v *view) server(name string) *druid.ServerMetadata {
	s := v.servers[name]
	if s == nil {
		s = &druid.ServerMetadata{Name: name}
		v.servers[name] = s
	}
	return s
}

// addSegment keeps what a historical says about a segment rather than what a realtime server says, which does not
// know its dimensions and size.
func (v *view) addSegment(meta druid.ServerMetadata, segment *druid.DataSegment) {
	server := v.server(meta.Name)
	*server = meta
	id := segment.ID()
	s := v.selectors[id]
	if s == nil {
		s = &selector{segment: segment}
		v.selectors[id] = s
		t := v.timelines[segment.DataSource]
		if t == nil {
			t = timeline.New[*selector]()
			v.timelines[segment.DataSource] = t
		}
		t.Add(segment.Interval, segment.Version, segment.ShardSpec, s)
	}
	if meta.ReplicationTarget() {
		s.segment = segment
	}
	if !slices.Contains(s.servers, server) {
		s.servers = append(s.servers, server)
	}
}

func (v *view) removeSegment(server string, id druid.SegmentID) {
	s := v.selectors[id]
	if s == nil || plantedRemembers {
		return
	}
	if s.servers = slices.DeleteFunc(s.servers, func(one *druid.ServerMetadata) bool { return one.Name == server }); len(s.servers) > 0 {
		return
	}
	delete(v.selectors, id)
	t := v.timelines[id.DataSource]
	t.Remove(s.segment.Interval, s.segment.Version, s.segment.ShardSpec)
	if t.Len() == 0 {
		delete(v.timelines, id.DataSource)
	}
}

func (v *view) removeServer(name string, lost []*druid.DataSegment) {
	for _, segment := range lost {
		v.removeSegment(name, segment.ID())
	}
	delete(v.servers, name)
}

// piece is a part of a segment that a query reads, and the servers that have it.
type piece struct {
	dataSource string
	id         druid.SegmentID
	descriptor query.Descriptor
	servers    []druid.ServerMetadata
}

// pieces is what a query reads, as of now.
func (v *view) pieces(dataSources []string, q *query.Query) []piece {
	var all []piece
	for _, ds := range dataSources {
		t := v.timelines[ds]
		if t == nil {
			continue
		}
		for _, i := range q.Intervals {
			for _, h := range t.Lookup(i) {
				for _, c := range h.Chunks {
					s := c.Object
					all = append(all, piece{ds, s.segment.ID(), query.Descriptor{
						Interval: h.Interval, Version: h.Version, Partition: s.segment.ShardSpec.PartitionNum,
					}, v.serversOf(s.segment.ID())})
				}
			}
		}
	}
	return all
}

// serversOf are the servers of a segment now, in no particular order.
func (v *view) serversOf(id druid.SegmentID) []druid.ServerMetadata {
	s := v.selectors[id]
	if s == nil {
		return nil
	}
	servers := make([]druid.ServerMetadata, len(s.servers))
	for i, server := range s.servers {
		servers[i] = *server
	}
	return servers
}

func (v *view) dataSources() []string { return slices.Sorted(maps.Keys(v.timelines)) }

// segmentsIn are the segments of a datasource that overlap an interval, whether or not they are visible, in order.
func (v *view) segmentsIn(dataSource string, within druid.Interval) []*druid.DataSegment {
	t := v.timelines[dataSource]
	if t == nil {
		return nil
	}
	var all []*druid.DataSegment
	t.Around(within, func(h timeline.Holder[*selector], _ bool) {
		for _, c := range h.Chunks {
			if s := c.Object.segment; s.Interval.Overlaps(within) {
				all = append(all, s)
			}
		}
	})
	slices.SortFunc(all, func(a, b *druid.DataSegment) int { return a.ID().Compare(b.ID()) })
	return all
}
