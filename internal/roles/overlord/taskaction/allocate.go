package taskaction

import (
	"context"
	"errors"
	"fmt"

	"oakmoot/internal/druid"
	"oakmoot/internal/roles/overlord/lockbox"
	"oakmoot/internal/run/metadata"
)

// allocateSegment is SegmentAllocateAction: into the interval of the segments that
// hold the row already, else into the coarsest bucket, from the preferred one down,
// that can be locked. The answer is null if there is none.
func (tb *Toolbox) allocateSegment(ctx context.Context, task druid.Task, a Action) (any, error) {
	row := a.QueryGranularity.Bucket(a.Timestamp)
	used, err := tb.Store.UsedIn(ctx, a.DataSource, []druid.Interval{row})
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
		id, err := tb.allocateIn(ctx, task, a, try)
		if id != nil || err != nil {
			return id, err
		}
	}
	return nil, nil
}

// bucketsOf are the buckets that hold an instant, by all standard granularities that
// are no coarser than the preferred one, coarsest first.
func bucketsOf(preferred druid.Granularity, at druid.Timestamp) []druid.Interval {
	var buckets []druid.Interval
	for _, g := range preferred.Finer() {
		buckets = append(buckets, g.Holding(at))
	}
	return buckets
}

func (tb *Toolbox) allocateIn(ctx context.Context, task druid.Task, a Action, interval druid.Interval) (*druid.SegmentIDWithShardSpec, error) {
	lock, err := tb.Locks.Try(ctx, task, druid.LockExclusive, interval)
	if errors.Is(err, lockbox.ErrPreempted) {
		return nil, fmt.Errorf("The lock for interval[%s] is preempted and no longer valid", interval)
	}
	if err != nil || lock == nil {
		return nil, err
	}
	return tb.Store.Allocate(ctx, metadata.AllocateRequest{
		DataSource: a.DataSource, SequenceName: a.SequenceName, PreviousSegmentID: a.PreviousSegmentID, Interval: interval,
		MaxVersion: lock.Version, SkipSegmentLineageCheck: a.SkipSegmentLineageCheck,
	})
}
