package overlord

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"oakmoot/internal/druid"
	"oakmoot/internal/metadata"
)

// granularities are Druid's standard ones but ALL and NONE: GranularityType.
var granularities = []string{
	"SECOND", "MINUTE", "FIVE_MINUTE", "TEN_MINUTE", "FIFTEEN_MINUTE", "THIRTY_MINUTE", "HOUR", "SIX_HOUR", "DAY", "WEEK", "MONTH", "QUARTER", "YEAR",
}

// allocateSegment is SegmentAllocateAction: into the interval of the segments that
// hold the row already, else into the coarsest bucket, from the preferred one down,
// that can be locked. The answer is null when there is no way.
func (t *term) allocateSegment(ctx context.Context, it *item, a action) (any, error) {
	row := a.QueryGranularity.Bucket(a.Timestamp)
	used, err := t.store.UsedIn(ctx, a.DataSource, []druid.Interval{row})
	if err != nil {
		return nil, err
	}
	tries := bucketsOf(a.SegmentGranularity, a.Timestamp)
	if len(used) > 0 {
		tries = []druid.Interval{used[0].Interval}
	}
	for _, try := range tries {
		if !try.Contains(row) {
			continue
		}
		id, err := t.allocateIn(ctx, it, a, try)
		if id != nil || err != nil {
			return id, err
		}
	}
	return nil, nil
}

// bucketsOf are the buckets that hold an instant, by the preferred granularity and
// by all standard ones that are no coarser, coarsest first:
// Granularity.granularitiesFinerThan, which measures them at the epoch.
func bucketsOf(preferred druid.Granularity, at druid.Timestamp) []druid.Interval {
	type sized struct {
		length druid.Timestamp
		bucket druid.Interval
	}
	most := lengthOf(preferred)
	var all []sized
	if preferred.IsAll() {
		all = append(all, sized{most, preferred.Bucket(at)})
	}
	for _, name := range granularities {
		g, err := druid.ParseGranularity(name)
		if err != nil {
			panic("overlord: granularity " + name + ": " + err.Error())
		}
		if n := lengthOf(g); n <= most {
			all = append(all, sized{n, g.Bucket(at)})
		}
	}
	slices.SortStableFunc(all, func(a, b sized) int { return cmp.Compare(b.length, a.length) })
	buckets := make([]druid.Interval, len(all))
	for i, s := range all {
		buckets[i] = s.bucket
	}
	return buckets
}

func lengthOf(g druid.Granularity) druid.Timestamp {
	first := g.Bucket(0)
	return first.End - first.Start
}

func (t *term) allocateIn(ctx context.Context, it *item, a action, interval druid.Interval) (*druid.SegmentIDWithShardSpec, error) {
	lock, err := t.tryLock(ctx, it, druid.LockExclusive, interval)
	if errors.Is(err, errPreempted) {
		return nil, fmt.Errorf("The lock for interval[%s] is preempted and no longer valid", interval)
	}
	if err != nil || lock == nil {
		return nil, err
	}
	return t.store.Allocate(ctx, metadata.AllocateRequest{
		DataSource: a.DataSource, SequenceName: a.SequenceName, PreviousSegmentID: a.PreviousSegmentID, Interval: interval,
		MaxVersion: lock.Version, SkipSegmentLineageCheck: a.SkipSegmentLineageCheck,
	})
}
