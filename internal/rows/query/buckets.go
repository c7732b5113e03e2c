package query

import (
	"fmt"
	"sort"

	"oakmoot/internal/druid"
)

// buckets is how a query divides time.
type buckets struct {
	granularity druid.Granularity
	skipEmpty   bool // skip buckets without rows
}

// maxBuckets limits the buckets of a part, empty ones included: a granularity of none
// over a year would have thirty billion.
const maxBuckets = 1_000_000

// maxSteps limits the buckets of a part including those that are skipped.
const maxSteps = 50_000_000

func parseBuckets(q *Query) (buckets, error) {
	b := buckets{skipEmpty: q.flag("skipEmptyBuckets", false)}
	if raw := q.raw["granularity"]; isNull(raw) {
		return b, refused(q.class(), "Must specify a granularity")
	}
	if err := b.granularity.UnmarshalJSON(q.raw["granularity"]); err != nil {
		return b, bad("%v", err)
	}
	return b, nil
}

// each visits the buckets of a part, with the rows that may be in them. The buckets
// reach from the first row, or the start of the interval if that is later, to the last
// row's bucket: StorageAdapter.makeCursors, which goes from bucket to bucket as
// Granularity.getIterable does.
func (b buckets) each(q *Query, p Part, rows rowSet, visit func(at druid.Timestamp, from, to int) error) error {
	times := p.Segment.Times()
	if len(times) == 0 {
		return nil
	}
	data := druid.Interval{
		Start: druid.Timestamp(times[0]),
		End:   b.granularity.Bucket(druid.Timestamp(times[len(times)-1])).End,
	}
	visited, steps := 0, 0
	for _, i := range q.clip(p) {
		i = druid.Interval{Start: max(i.Start, data.Start), End: min(i.End, data.End)}
		if i.Start >= i.End {
			continue
		}
		for one := b.granularity.Bucket(i.Start); one.Start < i.End; {
			from, to := rowsIn(times, druid.Interval{Start: max(one.Start, i.Start), End: min(one.End, i.End)})
			if !b.skipEmpty || holdsAny(rows, from, to) {
				if visited++; visited > maxBuckets {
					return tooMany(maxBuckets)
				}
				if err := visit(b.time(one, i), from, to); err != nil {
					return err
				}
			}
			if steps++; steps > maxSteps {
				return tooMany(maxSteps)
			}
			one = b.next(one, times, to)
		}
	}
	return nil
}

func tooMany(buckets int) error {
	return &Error{Code: ResourceLimit, Class: classLimit, Message: fmt.Sprintf("more than %d buckets of time", buckets)}
}

// time returns the bucket's time in the answer: its start or, for the bucket of all
// time, the start of the range that is read.
func (b buckets) time(one, clipped druid.Interval) druid.Timestamp {
	if b.granularity.IsAll() {
		return clipped.Start
	}
	return one.Start
}

// next returns the next bucket; without empty buckets, that of the next row.
func (b buckets) next(one druid.Interval, times []int64, row int) druid.Interval {
	switch {
	case !b.skipEmpty || !b.granularity.Even():
		return druid.Interval{Start: one.End, End: b.granularity.Next(one.End)}
	case row < len(times):
		return b.granularity.Bucket(max(one.End, druid.Timestamp(times[row])))
	}
	return druid.Interval{Start: druid.MaxTimestamp, End: druid.MaxTimestamp}
}

// merged returns the time of two combined buckets: their own or, for the bucket of all
// time, the first one's.
func (b buckets) merged(first druid.Timestamp) druid.Timestamp {
	if b.granularity.IsAll() {
		return first
	}
	return b.granularity.Truncate(first)
}

// show returns a bucket's time in an answer.
func (b buckets) show(at druid.Timestamp) *string {
	text := b.granularity.Format(at)
	return &text
}

// same reports whether two times belong to the same bucket.
func (b buckets) same(x, y druid.Timestamp) bool {
	return b.granularity.Bucket(x) == b.granularity.Bucket(y)
}

func rowsIn(times []int64, i druid.Interval) (from, to int) {
	from = sort.Search(len(times), func(k int) bool { return times[k] >= int64(i.Start) })
	to = from + sort.Search(len(times)-from, func(k int) bool { return times[from+k] >= int64(i.End) })
	return from, to
}

func holdsAny(rows rowSet, from, to int) bool {
	if _, all := rows.(allRows); all {
		return from < to
	}
	b := rows.(bitmapRows)
	it := b.set.Iterator()
	it.AdvanceIfNeeded(uint32(from))
	return it.HasNext() && int(it.PeekNext()) < to
}
