package metadata

import "oakmoot/internal/druid"

func visible(segments []druid.DataSegment, intervals []druid.Interval) []druid.DataSegment {
	return segments
}

func visibleChunks(segments []druid.DataSegment, within druid.Interval) [][]druid.DataSegment {
	return nil
}

func notOvershadowed(segments []druid.DataSegment) []druid.DataSegment { return segments }
