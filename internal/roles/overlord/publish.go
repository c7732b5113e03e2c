package overlord

import (
	"context"
	"encoding/json"
	"fmt"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/metadata"
)

// published is SegmentPublishResult.
type published struct {
	Segments any  `json:"segments"`
	Success  bool `json:"success"`
}

// insertInTransaction inserts segments and moves the datasource's metadata on, or
// does neither: SegmentTransactionalInsertAction.
func (as *actions) insertInTransaction(ctx context.Context, task druid.Task, a action) (any, error) {
	result, err := as.publish(ctx, task, a.Segments, a.StartMetadata, a.EndMetadata)
	if err != nil {
		return nil, err
	}
	segments, _ := orEmpty(result.Segments, nil)
	return published{segments, result.Success}, nil
}

// insertSegments is SegmentInsertAction.
func (as *actions) insertSegments(ctx context.Context, task druid.Task, a action) (any, error) {
	result, err := as.publish(ctx, task, a.Segments, nil, nil)
	if err != nil {
		return nil, err
	}
	return orEmpty(result.Segments, nil)
}

// publish inserts segments under locks that cover them. That one of them is revoked
// is no error: it has no success.
func (as *actions) publish(ctx context.Context, task druid.Task, segments []druid.DataSegment, start, end json.RawMessage) (metadata.PublishResult, error) {
	valid, err := as.locks.MayWrite(task.ID, segments)
	if err != nil || !valid {
		return metadata.PublishResult{}, err
	}
	for _, s := range segments {
		if err := druid.CheckDataSource(s.DataSource); err != nil {
			return metadata.PublishResult{}, err
		}
	}
	return as.store.Commit(ctx, task.DataSource, segments, start, end)
}

func (as *actions) nukeSegments(ctx context.Context, task druid.Task, a action) (any, error) {
	return nil, as.rewrite(ctx, task, a.Segments, as.store.Nuke)
}

func (as *actions) updateSegments(ctx context.Context, task druid.Task, a action) (any, error) {
	return nil, as.rewrite(ctx, task, a.Segments, as.store.UpdateMetadata)
}

// rewrite does something to the rows of segments that locks in force cover.
func (as *actions) rewrite(ctx context.Context, task druid.Task, segments []druid.DataSegment, do func(context.Context, []druid.DataSegment) error) error {
	valid, err := as.locks.MayWrite(task.ID, segments)
	if err != nil {
		return err
	}
	if !valid {
		return fmt.Errorf("Some locks for task[%s] are already revoked", task.ID)
	}
	return do(ctx, segments)
}
