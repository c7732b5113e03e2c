package overlord

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/metadata"
)

// covered refuses segments that no lock of the task covers: TaskActionPreconditions.
func (t *term) covered(it *item, segments []druid.DataSegment) error {
	held := t.locks.held(it.task.ID)
	if len(held) > 0 && !slices.ContainsFunc(segments, func(s druid.DataSegment) bool { return !t.locks.covers(it.task.ID, s) }) {
		return nil
	}
	return fmt.Errorf("Segments[[%s]] are not covered by locks[%v] for task[%s]", idsOf(segments), intervalsHeld(held), it.task.ID)
}

func idsOf(segments []druid.DataSegment) string {
	ids := make([]string, len(segments))
	for i, s := range segments {
		ids[i] = s.ID().String()
	}
	return strings.Join(ids, ", ")
}

func intervalsHeld(locks []druid.TaskLock) []string {
	held := make([]string, len(locks))
	for i, l := range locks {
		held[i] = l.Interval.String() + " " + l.Version
	}
	return held
}

// mayWrite tells whether a task's locks over segments are in force; an error is that
// it has none.
func (t *term) mayWrite(it *item, segments []druid.DataSegment) (bool, error) {
	if err := t.covered(it, segments); err != nil {
		return false, err
	}
	intervals := make([]druid.Interval, len(segments))
	for i, s := range segments {
		intervals[i] = s.Interval
	}
	return t.locks.valid(it.task.ID, intervals)
}

// published is SegmentPublishResult.
type published struct {
	Segments any  `json:"segments"`
	Success  bool `json:"success"`
}

// insertInTransaction inserts segments and moves the datasource's metadata on, or
// does neither: SegmentTransactionalInsertAction.
func (t *term) insertInTransaction(ctx context.Context, it *item, a action) (any, error) {
	result, err := t.publish(ctx, it, a.Segments, a.StartMetadata, a.EndMetadata)
	if err != nil {
		return nil, err
	}
	segments, _ := orEmpty(result.Segments, nil)
	return published{segments, result.Success}, nil
}

// insertSegments is SegmentInsertAction.
func (t *term) insertSegments(ctx context.Context, it *item, a action) (any, error) {
	result, err := t.publish(ctx, it, a.Segments, nil, nil)
	if err != nil {
		return nil, err
	}
	return orEmpty(result.Segments, nil)
}

// publish inserts segments under locks that cover them. That one of them is revoked
// is no error: it has no success.
func (t *term) publish(ctx context.Context, it *item, segments []druid.DataSegment, start, end json.RawMessage) (metadata.PublishResult, error) {
	valid, err := t.mayWrite(it, segments)
	if err != nil || !valid {
		return metadata.PublishResult{}, err
	}
	for _, s := range segments {
		if err := druid.CheckDataSource(s.DataSource); err != nil {
			return metadata.PublishResult{}, err
		}
	}
	return t.store.Commit(ctx, it.task.DataSource, segments, start, end)
}

func (t *term) nukeSegments(ctx context.Context, it *item, a action) (any, error) {
	return nil, t.rewrite(ctx, it, a.Segments, t.store.Nuke)
}

func (t *term) updateSegments(ctx context.Context, it *item, a action) (any, error) {
	return nil, t.rewrite(ctx, it, a.Segments, t.store.UpdateMetadata)
}

// rewrite does something to the rows of segments that locks in force cover.
func (t *term) rewrite(ctx context.Context, it *item, segments []druid.DataSegment, do func(context.Context, []druid.DataSegment) error) error {
	valid, err := t.mayWrite(it, segments)
	if err != nil {
		return err
	}
	if !valid {
		return fmt.Errorf("Some locks for task[%s] are already revoked", it.task.ID)
	}
	return do(ctx, segments)
}
