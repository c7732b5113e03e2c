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
	servers   map[string]druid.ServerMetadata
	selectors map[druid.SegmentID]*selector
	timelines map[string]*timeline.Timeline[*selector]
}

// selector is a segment and the servers that announce it: ServerSelector.
type selector struct {
	segment druid.DataSegment
	servers map[string]bool
}

func newView() *view {
	return &view{
		servers:   make(map[string]druid.ServerMetadata),
		selectors: make(map[druid.SegmentID]*selector),
		timelines: make(map[string]*timeline.Timeline[*selector]),
	}
}

// apply applies a change of the inventory.
func (v *view) apply(e inventory.Event) {
	switch e.Type {
	case inventory.ServerAdded, inventory.ServerUpdated:
		v.servers[e.Server.Name] = e.Server
	case inventory.ServerRemoved:
		v.removeServer(e.Server.Name)
	case inventory.SegmentAdded:
		v.addSegment(e.Server, e.Segment)
	case inventory.SegmentRemoved:
		v.removeSegment(e.Server.Name, e.Segment.ID())
	case inventory.Initialized:
	}
}

// addSegment keeps what a historical says about a segment rather than what a realtime server says, which does not
// know its dimensions and size.
func (v *view) addSegment(server druid.ServerMetadata, segment druid.DataSegment) {
	v.servers[server.Name] = server
	s := v.selectors[segment.ID()]
	if s == nil {
		s = &selector{segment: segment, servers: make(map[string]bool)}
		v.selectors[segment.ID()] = s
		t := v.timelines[segment.DataSource]
		if t == nil {
			t = timeline.New[*selector]()
			v.timelines[segment.DataSource] = t
		}
		t.Add(segment.Interval, segment.Version, segment.ShardSpec, s)
	}
	if server.ReplicationTarget() {
		s.segment = segment
	}
	s.servers[server.Name] = true
}

func (v *view) removeSegment(server string, id druid.SegmentID) {
	s := v.selectors[id]
	if s == nil || plantedRemembers {
		return
	}
	if delete(s.servers, server); len(s.servers) > 0 {
		return
	}
	delete(v.selectors, id)
	v.timelines[id.DataSource].Remove(s.segment.Interval, s.segment.Version, s.segment.ShardSpec)
	if !v.serves(id.DataSource) {
		delete(v.timelines, id.DataSource)
	}
}

func (v *view) serves(dataSource string) bool {
	for id := range v.selectors {
		if id.DataSource == dataSource {
			return true
		}
	}
	return false
}

func (v *view) removeServer(name string) {
	delete(v.servers, name)
	for id, s := range v.selectors {
		if s.servers[name] {
			v.removeSegment(name, id)
		}
	}
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
	servers := make([]druid.ServerMetadata, 0, len(s.servers))
	for name := range s.servers {
		servers = append(servers, v.servers[name])
	}
	return servers
}

func (v *view) dataSources() []string { return slices.Sorted(maps.Keys(v.timelines)) }

// segmentsOf are the segments of a datasource, in order.
func (v *view) segmentsOf(dataSource string) []druid.DataSegment {
	var all []druid.DataSegment
	for id, s := range v.selectors {
		if id.DataSource == dataSource {
			all = append(all, s.segment)
		}
	}
	slices.SortFunc(all, func(a, b druid.DataSegment) int { return a.ID().Compare(b.ID()) })
	return all
}
