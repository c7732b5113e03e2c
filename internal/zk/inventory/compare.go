package inventory

import (
	"slices"

	"oakmoot/internal/druid"
)

// compare lists in what a node's segments differ from what they were, in whatever order they are written.
func compare(before, now []*druid.DataSegment) []druid.SegmentChange {
	changes, inOrder := druid.CompareBatches(before, now)
	if inOrder {
		return changes
	}
	had, has := idsOf(before), idsOf(now)
	for i, segment := range now {
		if has[segment.ID()] == i && !isIn(had, segment) {
			changes = append(changes, druid.SegmentChange{After: segment})
		}
	}
	for i, segment := range before {
		if had[segment.ID()] == i && !isIn(has, segment) {
			changes = append(changes, druid.SegmentChange{Before: segment})
		}
	}
	return changes
}

// idsOf are the segments of a node, each at the place where it is first.
func idsOf(segments []*druid.DataSegment) map[druid.SegmentID]int {
	ids := make(map[druid.SegmentID]int, len(segments))
	for i, segment := range slices.Backward(segments) {
		ids[segment.ID()] = i
	}
	return ids
}

func isIn(ids map[druid.SegmentID]int, segment *druid.DataSegment) bool {
	_, found := ids[segment.ID()]
	return found
}
