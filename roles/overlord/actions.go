package overlord

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/metadata"
)

// action is a task action as a peon posts it; which fields count depends on its
// type: TaskAction of Druid and its subtypes.
type action struct {
	Type                    string              `json:"type"`
	LockType                string              `json:"lockType"`
	Interval                *druid.Interval     `json:"interval"`
	Intervals               []druid.Interval    `json:"intervals"`
	TimeoutMs               int64               `json:"timeoutMs"`
	DataSource              string              `json:"dataSource"`
	Segments                []druid.DataSegment `json:"segments"`
	StartMetadata           json.RawMessage     `json:"startMetadata"`
	EndMetadata             json.RawMessage     `json:"endMetadata"`
	Timestamp               druid.Timestamp     `json:"timestamp"`
	QueryGranularity        druid.Granularity   `json:"queryGranularity"`
	SegmentGranularity      druid.Granularity   `json:"preferredSegmentGranularity"`
	SequenceName            string              `json:"sequenceName"`
	PreviousSegmentID       string              `json:"previousSegmentId"`
	SkipSegmentLineageCheck bool                `json:"skipSegmentLineageCheck"`
	ResetMetadata           json.RawMessage     `json:"resetMetadata"`
}

// perform carries out an action of an active task, on the loop, which is what
// Druid's one lock over the lockbox is for.
type perform func(*term, context.Context, *item, action) (any, error)

// actions are the task actions that are carried out here.
var actions = map[string]perform{
	"lockTryAcquire": func(t *term, ctx context.Context, it *item, a action) (any, error) { return t.lockFor(ctx, it, a) },
	"lockAcquire":    func(t *term, ctx context.Context, it *item, a action) (any, error) { return t.lockFor(ctx, it, a) },
	"lockList": func(t *term, _ context.Context, it *item, _ action) (any, error) {
		return append([]druid.TaskLock{}, t.locks.held(it.task.ID)...), nil
	},
	"lockRelease": func(t *term, ctx context.Context, it *item, a action) (any, error) {
		if a.Interval == nil {
			return nil, errNoInterval
		}
		t.unlock(ctx, it.task.ID, *a.Interval)
		return nil, nil
	},
	"segmentListUsed": func(t *term, ctx context.Context, _ *item, a action) (any, error) {
		return orEmpty(t.store.UsedIn(ctx, a.DataSource, a.intervals()))
	},
	"segmentListUnused": func(t *term, ctx context.Context, _ *item, a action) (any, error) {
		if a.Interval == nil {
			return nil, errNoInterval
		}
		return orEmpty(t.store.UnusedIn(ctx, a.DataSource, *a.Interval))
	},
	"segmentInsertion":           segmentInsertion,
	"segmentTransactionalInsert": segmentTransactionalInsert,
	"segmentNuke": func(t *term, ctx context.Context, it *item, a action) (any, error) {
		if err := t.covered(it, a.Segments); err != nil {
			return nil, err
		}
		return nil, t.store.Nuke(ctx, a.Segments)
	},
	"segmentMetadataUpdate": func(t *term, ctx context.Context, it *item, a action) (any, error) {
		if err := t.covered(it, a.Segments); err != nil {
			return nil, err
		}
		return nil, t.store.UpdateMetadata(ctx, a.Segments)
	},
	"segmentAllocate": func(t *term, ctx context.Context, it *item, a action) (any, error) { return t.allocate(ctx, it, a) },
	"resetDataSourceMetadata": func(t *term, ctx context.Context, _ *item, a action) (any, error) {
		return t.store.ResetCommitMetadata(ctx, a.DataSource, a.ResetMetadata)
	},
	"checkPointDataSourceMetadata": func(*term, context.Context, *item, action) (any, error) { return false, nil },
}

var errNoInterval = fmt.Errorf("interval is missing")

func (a action) intervals() []druid.Interval {
	if a.Interval != nil {
		return append(a.Intervals, *a.Interval)
	}
	return a.Intervals
}

// orEmpty makes a list of nothing [] instead of null.
func orEmpty(segments []druid.DataSegment, err error) (any, error) {
	if segments == nil {
		segments = []druid.DataSegment{}
	}
	return segments, err
}

func (t *term) lockFor(ctx context.Context, it *item, a action) (*druid.TaskLock, error) {
	if a.Interval == nil {
		return nil, errNoInterval
	}
	if a.LockType == "" {
		a.LockType = druid.LockExclusive
	}
	return t.tryLock(ctx, it, a.LockType, *a.Interval)
}

// covered refuses segments that no lock of the task covers: TaskActionPreconditions.
func (t *term) covered(it *item, segments []druid.DataSegment) error {
	if ok, _ := t.locks.covers(it.task.ID, intervalsOf(segments)); !ok {
		return fmt.Errorf("Segments are not covered by locks for task: %s", it.task.ID)
	}
	return nil
}

func intervalsOf(segments []druid.DataSegment) []druid.Interval {
	intervals := make([]druid.Interval, len(segments))
	for i, s := range segments {
		intervals[i] = s.Interval
	}
	return intervals
}

func segmentInsertion(t *term, ctx context.Context, it *item, a action) (any, error) {
	result, err := publish(t, ctx, it, a.Segments, nil, nil)
	if err != nil {
		return nil, err
	}
	return orEmpty(result.Segments, nil)
}

func segmentTransactionalInsert(t *term, ctx context.Context, it *item, a action) (any, error) {
	result, err := publish(t, ctx, it, a.Segments, a.StartMetadata, a.EndMetadata)
	if err != nil {
		return nil, err
	}
	segments, _ := orEmpty(result.Segments, nil)
	return struct {
		Segments any  `json:"segments"`
		Success  bool `json:"success"`
	}{segments, result.Success}, nil
}

// publish inserts segments under locks that cover them; a revoked lock makes it
// fail without an error.
func publish(t *term, ctx context.Context, it *item, segments []druid.DataSegment, start, end json.RawMessage) (metadata.PublishResult, error) {
	if err := t.covered(it, segments); err != nil {
		return metadata.PublishResult{}, err
	}
	if _, revoked := t.locks.covers(it.task.ID, intervalsOf(segments)); revoked {
		return metadata.PublishResult{}, nil
	}
	if string(start) == "null" {
		start = nil
	}
	if string(end) == "null" {
		end = nil
	}
	return t.store.Commit(ctx, it.task.DataSource, segments, start, end)
}

// allocationSteps are the granularities that an allocation may fall back to, from
// the coarsest: Granularity.granularitiesFinerThan of Druid.
var allocationSteps = []string{"ALL", "YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "SIX_HOUR", "HOUR", "THIRTY_MINUTE", "FIFTEEN_MINUTE", "TEN_MINUTE", "FIVE_MINUTE", "MINUTE", "SECOND"}

// allocate is SegmentAllocateAction: into the interval of the segments that hold
// the row already, else into the coarsest bucket, from the preferred one down, that
// can be locked. nil when there is no way.
func (t *term) allocate(ctx context.Context, it *item, a action) (*druid.SegmentIDWithShardSpec, error) {
	row := a.QueryGranularity.Bucket(a.Timestamp)
	used, err := t.store.UsedIn(ctx, a.DataSource, []druid.Interval{row})
	if err != nil {
		return nil, err
	}
	if len(used) > 0 {
		if !used[0].Interval.Contains(row) {
			return nil, nil
		}
		return t.allocateIn(ctx, it, a, used[0].Interval)
	}
	for _, try := range finerThan(a.SegmentGranularity, a.Timestamp) {
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

// finerThan are the buckets of an instant by the preferred granularity and all the
// finer ones.
func finerThan(preferred druid.Granularity, at druid.Timestamp) []druid.Interval {
	first := preferred.Bucket(at)
	buckets := []druid.Interval{first}
	for _, name := range allocationSteps {
		g, err := druid.ParseGranularity(name)
		if err != nil {
			continue
		}
		if b := g.Bucket(at); first.Contains(b) && b != first {
			buckets = append(buckets, b)
		}
	}
	return buckets
}

func (t *term) allocateIn(ctx context.Context, it *item, a action, interval druid.Interval) (*druid.SegmentIDWithShardSpec, error) {
	lock, err := t.tryLock(ctx, it, druid.LockExclusive, interval)
	if err != nil || lock == nil {
		return nil, err
	}
	return t.store.Allocate(ctx, metadata.AllocateRequest{
		DataSource: a.DataSource, SequenceName: a.SequenceName, PreviousSegmentID: a.PreviousSegmentID, Interval: interval,
		MaxVersion: lock.Version, SkipSegmentLineageCheck: a.SkipSegmentLineageCheck,
	})
}

// lockWaitMost bounds how long a lockAcquire without a timeout of its own blocks
// one request; the peon asks again.
const lockWaitMost = time.Minute
