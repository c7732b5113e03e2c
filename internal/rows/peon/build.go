package peon

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/ingest"
)

// builder holds the segments that a task is building: BatchAppenderatorDriver and its
// appenderator in Druid.
type builder struct {
	x        *indexing
	plan     plan
	allocate allocator
	open     map[place]*sink
	pushed   []druid.DataSegment
	inMemory int   // rows of all sinks
	bytes    int64 // of the same
	total    int64 // rows of all sinks, in memory and persisted
	sinks    int   // numbers the sinks' directories
}

// place is where a row belongs before its segment has a name.
type place struct {
	bucket druid.Interval
	shard  int
}

// build reads the input, pushes the segments to deep storage, and returns them.
func (x *indexing) build(ctx context.Context, p plan) ([]druid.DataSegment, error) {
	b := &builder{x: x, plan: p, allocate: x.allocator(p), open: make(map[place]*sink)}
	err := x.rows(ctx, func(row ingest.Row) (outcome, error) {
		bucket, ok := bucketOf(p.buckets, row.Time)
		if !ok {
			return thrownAway, nil
		}
		return b.add(ctx, bucket, row)
	})
	if err != nil {
		return nil, err
	}
	if err := b.pushAll(ctx); err != nil {
		return nil, err
	}
	return b.pushed, nil
}

// add puts a row into its segment. With guaranteed rollup nothing is pushed before the
// end; otherwise full segments are pushed, and the next row opens a new one.
func (b *builder) add(ctx context.Context, bucket druid.Interval, row ingest.Row) (outcome, error) {
	s, err := b.sinkOf(ctx, bucket, row)
	if err != nil {
		return 0, err
	}
	rows, bytes := s.index.Rows(), s.index.Bytes()
	became, bad := processed, s.index.Add(row)
	if bad != nil {
		became = processedWithError
	}
	if unread := new(ingest.ParseError); bad != nil && !errors.As(bad, &unread) {
		return 0, bad
	}
	b.inMemory += s.index.Rows() - rows
	b.bytes += s.index.Bytes() - bytes
	b.total += int64(s.index.Rows() - rows)
	if b.inMemory >= b.x.spec.TuningConfig.MaxRowsInMemory || b.bytes >= b.x.maxBytesInMemory() {
		if err := b.persistAll(); err != nil {
			return 0, err
		}
	}
	if b.full(s) {
		if err := b.pushAll(ctx); err != nil {
			return 0, err
		}
	}
	return became, bad
}

// full reports whether it is time to push, after a row went into s.
func (b *builder) full(s *sink) bool {
	if b.x.guaranteedRollup() {
		return false
	}
	perSegment, total := b.x.maxRowsPerSegment(), b.x.maxTotalRows()
	return perSegment >= 0 && s.size() >= perSegment || total >= 0 && b.total >= total
}

func (b *builder) sinkOf(ctx context.Context, bucket druid.Interval, row ingest.Row) (*sink, error) {
	at := place{bucket: bucket}
	if b.x.guaranteedRollup() {
		// The timestamp is hashed as it is, not truncated to the query granularity: so
		// does IndexTask of 0.14, which makes its rollup less than perfect.
		key := groupKey(int64(row.Time), row.Dimensions, b.x.spec.TuningConfig.PartitionDimensions, row.Values)
		at.shard = shardOf(key, b.plan.shards[bucket])
	}
	if s := b.open[at]; s != nil {
		return s, nil
	}
	for _, s := range b.open { // an overlord may answer with wider intervals than requested
		if s.id.Interval != bucket && s.id.Interval.Holds(row.Time) {
			b.open[at] = s
			return s, nil
		}
	}
	id, err := b.allocate(ctx, bucket, row.Time, at.shard)
	if err != nil {
		return nil, err
	}
	s := newSink(b.sinks, id, b.x.schema, b.x.peon.Disk, filepath.Join(b.x.peon.Dir, "persist", strconv.Itoa(b.sinks)))
	b.sinks++
	b.open[at] = s
	b.x.peon.Log.Info("new segment", "interval", id.Interval, "version", id.Version, "partition", id.ShardSpec.PartitionNum)
	return s, nil
}

// persistAll writes out the rows in memory, which bounds memory use.
func (b *builder) persistAll() error {
	for _, s := range b.open {
		if err := s.persist(b.x.schema, b.x.indexSpec); err != nil {
			return err
		}
	}
	b.inMemory, b.bytes = 0, 0
	return nil
}

// pushAll finishes all open segments, in the order in which they were opened, and
// forgets them.
func (b *builder) pushAll(ctx context.Context) error {
	if err := b.persistAll(); err != nil {
		return err
	}
	sinks := slices.Collect(maps.Values(b.open))
	slices.SortFunc(sinks, func(a, b *sink) int { return cmp.Compare(a.number, b.number) })
	for _, s := range slices.Compact(sinks) {
		segment, err := b.push(ctx, s)
		if err != nil {
			return err
		}
		b.pushed = append(b.pushed, segment)
		b.total -= int64(s.rows)
	}
	clear(b.open)
	return nil
}

// push merges what a sink has persisted into one segment and stores it.
func (b *builder) push(ctx context.Context, s *sink) (druid.DataSegment, error) {
	if err := ctx.Err(); err != nil {
		return druid.DataSegment{}, err
	}
	described, merged, err := s.merge(b.x.schema, b.x.indexSpec)
	if err != nil {
		return druid.DataSegment{}, err
	}
	segment, err := b.store(ctx, merged, described)
	if err != nil {
		return druid.DataSegment{}, err
	}
	b.x.peon.Log.Info("pushed segment", "segment", segment.ID(), "bytes", segment.Size)
	return segment, b.x.peon.Disk.RemoveAll(s.dir)
}

// pushTries is how often a push to deep storage is tried: AppenderatorImpl.mergeAndPush.
const pushTries = 5

// store pushes a merged segment. After a failure it waits twice as long as before, from a
// second on: RetryUtils, whose pauses also vary at random.
func (b *builder) store(ctx context.Context, dir string, described druid.DataSegment) (druid.DataSegment, error) {
	pause := time.Second
	for try := 1; ; try++ {
		segment, err := b.x.peon.DeepStorage.Push(ctx, dir, described, false)
		if err == nil || try == pushTries || ctx.Err() != nil {
			return segment, err
		}
		b.x.peon.Log.Warn(fmt.Sprintf("Failed on try %d, retrying in %dms.", try, pause.Milliseconds()), "error", err)
		if b.x.peon.Clock.Sleep(ctx, pause) != nil {
			return segment, err
		}
		pause *= 2
	}
}
