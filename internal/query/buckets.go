package query

import (
	"fmt"
	"sort"

	"oakmoot/internal/druid"
)

// buckets is how a query divides time.
type buckets struct {
	granularity druid.Granularity
	skipEmpty   bool // pass over buckets without rows
}

// maxBuckets bounds the buckets of a part, empty ones included: a granularity
// of none over a year would be thirty billion.
const maxBuckets = 1_000_000

func parseBuckets(q *Query) (buckets, error) {
	b := buckets{skipEmpty: q.flag("skipEmptyBuckets", false)}
	if raw := q.raw["granularity"]; isNull(raw) {
		return b, refused(q.class(), "Must specify a granularity")
	}
	if err := b.granularity.UnmarshalJSON(q.raw["granularity"]); err != nil {
		return b, bad("Instantiation of [simple type, class org.apache.druid.java.util.common.granularity.Granularity] value failed: %v", err)
	}
	return b, nil
}

// each visits the buckets of a part, with the rows that may be in them. They
// reach from the first row, or the start of the interval when that is later, to
// the last row's bucket: StorageAdapter.makeCursors.
func (b buckets) each(q *Query, p Part, rows rowSet, visit func(at druid.Timestamp, from, to int) error) error {
	times := p.Segment.Times()
	if len(times) == 0 {
		return nil
	}
	data := druid.Interval{
		Start: druid.Timestamp(times[0]),
		End:   b.granularity.Bucket(druid.Timestamp(times[len(times)-1])).End,
	}
	visited := 0
	for _, i := range q.clip(p) {
		i = druid.Interval{Start: max(i.Start, data.Start), End: min(i.End, data.End)}
		for at := i.Start; at < i.End; {
			one := b.granularity.Bucket(at)
			from, to := rowsIn(times, druid.Interval{Start: max(one.Start, i.Start), End: min(one.End, i.End)})
			if !b.skipEmpty || holdsAny(rows, from, to) {
				if visited++; visited > maxBuckets {
					return &Error{Code: ResourceLimit, Class: classLimit, Message: fmt.Sprintf("more than %d buckets of time", maxBuckets)}
				}
				if err := visit(b.time(one, i), from, to); err != nil {
					return err
				}
			}
			at = b.next(one, times, to)
		}
	}
	return nil
}

// time is the bucket's time in the answer: its start or, of all of time, the
// start of what is looked at.
func (b buckets) time(one, clipped druid.Interval) druid.Timestamp {
	if b.granularity.IsAll() {
		return clipped.Start
	}
	return one.Start
}

// next is where the next bucket starts; without empty buckets, where the next
// row is.
func (b buckets) next(one druid.Interval, times []int64, row int) druid.Timestamp {
	switch {
	case !b.skipEmpty:
		return one.End
	case row < len(times):
		return max(one.End, druid.Timestamp(times[row]))
	}
	return druid.MaxTimestamp
}

// same tells whether two times are those of one bucket.
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
