package metadata

import (
	"oakmoot/internal/druid"
	"oakmoot/internal/druid/timeline"
)

// timelineOf puts the segments of one datasource on a timeline.
func timelineOf(segments []druid.DataSegment) *timeline.Timeline[druid.DataSegment] {
	t := timeline.New[druid.DataSegment]()
	for _, s := range segments {
		t.Add(s.Interval, s.Version, s.ShardSpec, s)
	}
	return t
}

// visible are the segments, each once, that are visible in one of the intervals.
func visible(segments []druid.DataSegment, intervals []druid.Interval) []druid.DataSegment {
	t := timelineOf(segments)
	var all []druid.DataSegment
	seen := make(map[druid.SegmentID]bool, len(segments))
	for _, interval := range intervals {
		for _, chunk := range lookup(t, interval) {
			for _, s := range chunk {
				if !seen[s.ID()] {
					seen[s.ID()] = true
					all = append(all, s)
				}
			}
		}
	}
	return all
}

// visibleChunks are the partition sets that are visible in an interval.
func visibleChunks(segments []druid.DataSegment, within druid.Interval) [][]druid.DataSegment {
	return lookup(timelineOf(segments), within)
}

func lookup(t *timeline.Timeline[druid.DataSegment], in druid.Interval) [][]druid.DataSegment {
	return objects(t.Lookup(in))
}

func objects(holders []timeline.Holder[druid.DataSegment]) [][]druid.DataSegment {
	sets := make([][]druid.DataSegment, len(holders))
	for i, h := range holders {
		for _, chunk := range h.Chunks {
			sets[i] = append(sets[i], chunk.Object)
		}
	}
	return sets
}

// notOvershadowed are the segments of a batch that none of the others overshadows; an incomplete set of partitions
// counts, since more of it may come.
func notOvershadowed(segments []druid.DataSegment) []druid.DataSegment {
	var all []druid.DataSegment
	for _, set := range objects(timelineOf(segments).LookupIncomplete(druid.Eternity)) {
		all = append(all, set...)
	}
	return all
}
