package taskaction

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
func (tb *Toolbox) insertInTransaction(ctx context.Context, task druid.Task, a Action) (any, error) {
	result, err := tb.publish(ctx, task, a.Segments, a.StartMetadata, a.EndMetadata)
	if err != nil {
		return nil, err
	}
	segments, _ := orEmpty(result.Segments, nil)
	return published{segments, result.Success}, nil
}

// insertSegments is SegmentInsertAction.
func (tb *Toolbox) insertSegments(ctx context.Context, task druid.Task, a Action) (any, error) {
	result, err := tb.publish(ctx, task, a.Segments, nil, nil)
	if err != nil {
		return nil, err
	}
	return orEmpty(result.Segments, nil)
}

// publish inserts segments under locks that cover them. A revoked lock is not an error:
// the result says that nothing was inserted.
func (tb *Toolbox) publish(ctx context.Context, task druid.Task, segments []druid.DataSegment, start, end json.RawMessage) (metadata.PublishResult, error) {
	valid, err := tb.Locks.MayWrite(task.ID, segments)
	if err != nil || !valid {
		return metadata.PublishResult{}, err
	}
	for _, s := range segments {
		if err := druid.CheckDataSource(s.DataSource); err != nil {
			return metadata.PublishResult{}, err
		}
	}
	return tb.Store.Commit(ctx, task.DataSource, segments, start, end)
}

func (tb *Toolbox) nukeSegments(ctx context.Context, task druid.Task, a Action) (any, error) {
	return nil, tb.rewrite(ctx, task, a.Segments, tb.Store.Nuke)
}

func (tb *Toolbox) updateSegments(ctx context.Context, task druid.Task, a Action) (any, error) {
	return nil, tb.rewrite(ctx, task, a.Segments, tb.Store.UpdateMetadata)
}

// rewrite changes the rows of segments that locks in force cover.
func (tb *Toolbox) rewrite(ctx context.Context, task druid.Task, segments []druid.DataSegment, do func(context.Context, []druid.DataSegment) error) error {
	valid, err := tb.Locks.MayWrite(task.ID, segments)
	if err != nil {
		return err
	}
	if !valid {
		return fmt.Errorf("Some locks for task[%s] are already revoked", task.ID)
	}
	return do(ctx, segments)
}
