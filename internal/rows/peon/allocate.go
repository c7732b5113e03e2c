package peon

import (
	"context"

	"oakmoot/internal/druid"
)

// allocator names the segment for a row: SegmentAllocator of Druid. shard is the row's
// shard with guaranteed rollup, else 0.
type allocator func(ctx context.Context, bucket druid.Interval, t druid.Timestamp, shard int) (druid.SegmentIDWithShardSpec, error)

func (x *indexing) allocator(p plan) allocator {
	switch {
	case x.guaranteedRollup():
		return x.allocatePlanned(p)
	case x.spec.IOConfig.AppendToExisting:
		return x.allocateRemotely()
	}
	return x.allocateLocally(p)
}

// allocatePlanned names the one segment of each shard. A single shard has the
// spec none; extendable shard specs allow a later task to append.
func (x *indexing) allocatePlanned(p plan) allocator {
	return func(_ context.Context, bucket druid.Interval, _ druid.Timestamp, shard int) (druid.SegmentIDWithShardSpec, error) {
		of := p.shards[bucket]
		spec := druid.HashedShardSpec(shard, of, x.spec.TuningConfig.PartitionDimensions)
		if of == 1 {
			spec = druid.NoneShardSpec()
		}
		if x.spec.TuningConfig.ForceExtendableShardSpecs {
			spec = druid.NumberedShardSpec(shard, of)
		}
		version, err := versionOf(p.versions, bucket)
		return druid.SegmentIDWithShardSpec{DataSource: x.peon.Task.DataSource, Interval: bucket, Version: version, ShardSpec: spec}, err
	}
}

// allocateLocally numbers segments as they are needed: because of its lock, all numbers
// of the version are the task's own.
func (x *indexing) allocateLocally(p plan) allocator {
	next := make(map[druid.Interval]int)
	return func(_ context.Context, bucket druid.Interval, _ druid.Timestamp, _ int) (druid.SegmentIDWithShardSpec, error) {
		version, err := versionOf(p.versions, bucket)
		num := next[bucket]
		next[bucket]++
		return druid.SegmentIDWithShardSpec{DataSource: x.peon.Task.DataSource, Interval: bucket, Version: version, ShardSpec: druid.NumberedShardSpec(num, 0)}, err
	}
}

// allocateRemotely asks the overlord, which continues from the existing numbers: the
// task appends, and others may be doing so at the same time.
func (x *indexing) allocateRemotely() allocator {
	var previous *string
	return func(ctx context.Context, _ druid.Interval, t druid.Timestamp, _ int) (druid.SegmentIDWithShardSpec, error) {
		id, err := x.peon.Actions.Allocate(ctx, allocation{
			DataSource:         x.peon.Task.DataSource,
			Timestamp:          t.String(),
			QueryGranularity:   x.spec.DataSchema.GranularitySpec.QueryGranularity,
			SegmentGranularity: x.spec.DataSchema.GranularitySpec.SegmentGranularity,
			SequenceName:       x.peon.Task.ID,
			PreviousSegmentID:  previous,
		})
		if err != nil {
			return druid.SegmentIDWithShardSpec{}, err
		}
		if id == nil {
			return druid.SegmentIDWithShardSpec{}, ise("Failed to add a row with timestamp[%s]", t)
		}
		text := druid.SegmentID{DataSource: id.DataSource, Interval: id.Interval, Version: id.Version, Partition: id.ShardSpec.PartitionNum}.String()
		previous = &text
		return *id, nil
	}
}

// allocation is SegmentAllocateAction without its type.
type allocation struct {
	DataSource              string            `json:"dataSource"`
	Timestamp               string            `json:"timestamp"`
	QueryGranularity        druid.Granularity `json:"queryGranularity"`
	SegmentGranularity      druid.Granularity `json:"preferredSegmentGranularity"`
	SequenceName            string            `json:"sequenceName"`
	PreviousSegmentID       *string           `json:"previousSegmentId"`
	SkipSegmentLineageCheck bool              `json:"skipSegmentLineageCheck"`
}

// Allocate asks for a segment to append to; nil is a refusal.
func (a *Actions) Allocate(ctx context.Context, what allocation) (*druid.SegmentIDWithShardSpec, error) {
	return submit[*druid.SegmentIDWithShardSpec](ctx, a, struct {
		Type string `json:"type"`
		allocation
	}{"segmentAllocate", what})
}
