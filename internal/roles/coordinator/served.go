package coordinator

import (
	"cmp"
	"maps"
	"slices"

	"oakmoot/internal/druid"
	"oakmoot/internal/druid/timeline"
	"oakmoot/internal/roles/coordinator/balance"
	"oakmoot/internal/zk/inventory"
)

// servedSegments are the distinct segments of each datasource that any server
// serves: InventoryViewUtils.
func servedSegments(servers []inventory.Server) map[string]map[druid.SegmentID]*druid.DataSegment {
	all := map[string]map[druid.SegmentID]*druid.DataSegment{}
	for _, s := range servers {
		for id, segment := range s.Segments {
			if all[segment.DataSource] == nil {
				all[segment.DataSource] = map[druid.SegmentID]*druid.DataSegment{}
			}
			all[segment.DataSource][id] = segment
		}
	}
	return all
}

// byID returns segments in order of id.
func byID(segments map[druid.SegmentID]*druid.DataSegment) []*druid.DataSegment {
	all := slices.Collect(maps.Values(segments))
	slices.SortFunc(all, balance.ByID)
	return all
}

func pointers(segments []druid.DataSegment) []*druid.DataSegment {
	all := make([]*druid.DataSegment, len(segments))
	for i := range segments {
		all[i] = &segments[i]
	}
	return all
}

// latestFirst orders intervals by start, then end, descending.
func latestFirst(a, b druid.Interval) int {
	return cmp.Or(cmp.Compare(b.Start, a.Start), cmp.Compare(b.End, a.End))
}

func sortedNames[V any](m map[string]V) []string {
	names := slices.Sorted(maps.Keys(m))
	if names == nil {
		names = []string{}
	}
	return names
}

// loadInfo is a served segment and its servers: ImmutableSegmentLoadInfo.
type loadInfo struct {
	Segment *druid.DataSegment     `json:"segment"`
	Servers []druid.ServerMetadata `json:"servers"`
}

// servedIn is what is visible of a datasource in an interval, including incomplete sets of partitions, with the
// servers.
func servedIn(servers []inventory.Server, dataSource string, interval druid.Interval) []loadInfo {
	line := timeline.New[*loadInfo]()
	known := map[druid.SegmentID]*loadInfo{}
	for _, s := range servers {
		for id, segment := range s.Segments {
			if segment.DataSource != dataSource {
				continue
			}
			if known[id] == nil {
				known[id] = &loadInfo{Segment: segment}
				line.Add(segment.Interval, segment.Version, segment.ShardSpec, known[id])
			}
			known[id].Servers = append(known[id].Servers, s.Meta)
		}
	}
	visible := []loadInfo{}
	listed := map[*loadInfo]bool{}
	for _, holder := range line.LookupIncomplete(interval) {
		for _, chunk := range holder.Chunks {
			if !listed[chunk.Object] {
				listed[chunk.Object] = true
				visible = append(visible, *chunk.Object)
			}
		}
	}
	return visible
}
