package peon

import (
	"context"
	"hash/maphash"
	"math"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/ingest"
)

// plan says which segments the rows go into.
type plan struct {
	buckets  []druid.Interval          // sorted and disjoint
	shards   map[druid.Interval]int    // of each bucket; with guaranteed rollup only
	versions map[druid.Interval]string // by locked interval
}

// plan decides on buckets and shards, from the spec if that says enough, else by
// reading all of the input: IndexTask.determineShardSpecs.
func (x *indexing) plan(ctx context.Context, given []druid.Interval, isGiven bool) (plan, error) {
	guaranteed := x.guaranteedRollup()
	if guaranteed && x.spec.IOConfig.AppendToExisting {
		return plan{}, &exception{"java.lang.IllegalStateException", "Perfect rollup cannot be guaranteed when appending to existing dataSources", nil, nil}
	}
	numShards := x.spec.TuningConfig.NumShards
	p := plan{buckets: sortIntervals(given), shards: make(map[druid.Interval]int)}
	if !isGiven || guaranteed && numShards == nil {
		return x.planFromInput(ctx, p, isGiven)
	}
	if guaranteed {
		for _, bucket := range p.buckets {
			p.shards[bucket] = *numShards
		}
	}
	return p, nil
}

// planFromInput finds the intervals that hold rows, and the number of distinct rows in
// each. Druid estimates that number; ours is exact.
func (x *indexing) planFromInput(ctx context.Context, p plan, isGiven bool) (plan, error) {
	keys := newKeyCounts(x.guaranteedRollup() && x.spec.TuningConfig.NumShards == nil)
	granularity := x.spec.DataSchema.GranularitySpec
	err := x.rows(ctx, func(row ingest.Row) (outcome, error) {
		bucket, ok := druid.Interval{}, true
		if isGiven {
			bucket, ok = bucketOf(p.buckets, row.Time)
		} else {
			bucket = granularity.SegmentGranularity.Holding(row.Time)
		}
		if !ok {
			return thrownAway, nil
		}
		keys.add(bucket, func() []byte {
			return groupKey(int64(granularity.QueryGranularity.Truncate(row.Time)), row.Dimensions, nil, row.Values)
		})
		return processed, nil
	})
	if err != nil {
		return plan{}, err
	}
	p.buckets = keys.buckets()
	if !x.guaranteedRollup() {
		return p, nil
	}
	for _, bucket := range p.buckets {
		p.shards[bucket] = x.shardsFor(keys.distinct(bucket))
	}
	return p, nil
}

// shardsFor returns the number of shards for a bucket with so many distinct rows.
func (x *indexing) shardsFor(rows int) int {
	if n := x.spec.TuningConfig.NumShards; n != nil {
		return *n
	}
	return int(math.Ceil(float64(rows) / float64(x.maxRowsPerSegment())))
}

// maxRowsPerSegment returns -1 when the number of shards is given instead.
func (x *indexing) maxRowsPerSegment() int {
	switch t := x.spec.TuningConfig; {
	case t.NumShards != nil:
		return -1
	case t.MaxRowsPerSegment != nil:
		return *t.MaxRowsPerSegment
	}
	return defaultMaxRowsPerSegment
}

// maxBytesInMemory is the size at which rows are written out, however many there are.
// Druid's default is a sixth of the heap, and ours a fixed number; a negative one means
// no limit.
func (x *indexing) maxBytesInMemory() int64 {
	switch n := x.spec.TuningConfig.MaxBytesInMemory; {
	case n > 0:
		return n
	case n < 0:
		return math.MaxInt64
	}
	return defaultMaxBytesInMemory
}

// maxTotalRows returns -1 when the number of shards is given instead.
func (x *indexing) maxTotalRows() int64 {
	switch t := x.spec.TuningConfig; {
	case t.NumShards != nil:
		return -1
	case t.MaxTotalRows != nil:
		return *t.MaxTotalRows
	}
	return defaultMaxTotalRows
}

// keyCounts counts distinct keys by bucket, by their hashes.
type keyCounts struct {
	counting bool
	seed     maphash.Seed
	seen     map[druid.Interval]map[uint64]struct{}
}

func newKeyCounts(counting bool) *keyCounts {
	return &keyCounts{counting, maphash.MakeSeed(), make(map[druid.Interval]map[uint64]struct{})}
}

func (k *keyCounts) add(bucket druid.Interval, key func() []byte) {
	if k.seen[bucket] == nil {
		k.seen[bucket] = make(map[uint64]struct{})
	}
	if k.counting {
		k.seen[bucket][maphash.Bytes(k.seed, key())] = struct{}{}
	}
}

func (k *keyCounts) distinct(bucket druid.Interval) int { return len(k.seen[bucket]) }

func (k *keyCounts) buckets() []druid.Interval {
	all := make([]druid.Interval, 0, len(k.seen))
	for bucket := range k.seen {
		all = append(all, bucket)
	}
	return sortIntervals(all)
}
