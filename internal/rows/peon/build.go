package peon

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"strconv"

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
	wider    []*sink // of the open ones, those of other intervals than were asked for
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
	for _, s := range b.wider { // an overlord may answer with wider intervals than requested
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
	if b.open[at] = s; id.Interval != bucket {
		b.wider = append(b.wider, s)
	}
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
// forgets them. The rows of a few go through files, as Druid's do; those of many are merged
// where they are, unless some of them had to be written out before.
func (b *builder) pushAll(ctx context.Context) error {
	sinks := slices.Collect(maps.Values(b.open))
	slices.SortFunc(sinks, func(a, b *sink) int { return cmp.Compare(a.number, b.number) })
	sinks = slices.Compact(sinks)
	for _, s := range sinks {
		if len(s.persisted) == 0 && len(sinks) >= pushedTogether {
			continue
		}
		if err := s.persist(b.x.schema, b.x.indexSpec); err != nil {
			return err
		}
	}
	for some := range slices.Chunk(sinks, pushedTogether) {
		if err := b.pushSome(ctx, some); err != nil {
			return err
		}
	}
	b.inMemory, b.bytes = 0, 0
	clear(b.open)
	b.wider = nil
	return nil
}
