package druid

import (
	"fmt"
	"strings"
)

// Granularity divides time into buckets: one for all time, none at all, calendar
// periods, or a fixed duration. Its zero value is none.
type Granularity struct {
	kind   granularityKind
	period periodGranularity
	// of a duration
	millis, origin Timestamp
}

type granularityKind int

const (
	granularityNone granularityKind = iota
	granularityAll
	granularityPeriod
	granularityDuration
)

// standard are Druid's named granularities: GranularityType.
var standard = []struct{ name, period string }{
	{"SECOND", "PT1S"}, {"MINUTE", "PT1M"}, {"FIVE_MINUTE", "PT5M"}, {"TEN_MINUTE", "PT10M"}, {"FIFTEEN_MINUTE", "PT15M"},
	{"THIRTY_MINUTE", "PT30M"}, {"HOUR", "PT1H"}, {"SIX_HOUR", "PT6H"}, {"DAY", "P1D"}, {"WEEK", "P1W"},
	{"MONTH", "P1M"}, {"QUARTER", "P3M"}, {"YEAR", "P1Y"},
}

// GranularityNone does not divide time at all; GranularityAll has one bucket for all of
// it.
var (
	GranularityNone = Granularity{kind: granularityNone}
	GranularityAll  = Granularity{kind: granularityAll}
)

// ParseGranularity reads a granularity's name, ignoring case: Granularity.fromString.
func ParseGranularity(name string) (Granularity, error) {
	upper := strings.ToUpper(name)
	switch upper {
	case "NONE":
		return GranularityNone, nil
	case "ALL":
		return GranularityAll, nil
	}
	for _, s := range standard {
		if s.name == upper {
			p, err := ParsePeriod(s.period)
			return periodOf(p, nil, nil), err
		}
	}
	return Granularity{}, notMade("Granularity", "No enum constant org.apache.druid.java.util.common.granularity.GranularityType.%s", upper)
}

// notMade is Jackson's message when a class's constructor has thrown.
func notMade(class, format string, args ...any) error {
	return fmt.Errorf("Instantiation of [simple type, class org.apache.druid.java.util.common.granularity.%s] value failed: %s", class, fmt.Sprintf(format, args...))
}

// IsAll reports whether all time is one bucket.
func (g Granularity) IsAll() bool { return g.kind == granularityAll }

// IsNone reports whether time is not divided at all.
func (g Granularity) IsNone() bool { return g.kind == granularityNone }

// Truncate returns the start of the bucket that holds t. Where Druid's arithmetic picks
// the wrong bucket, as DurationGranularity does on the far side of its origin, so does
// this.
func (g Granularity) Truncate(t Timestamp) Timestamp {
	switch g.kind {
	case granularityNone:
		return t
	case granularityAll:
		return MinTimestamp
	case granularityDuration:
		offset := t%g.millis - g.origin
		if offset < 0 {
			offset += g.millis
		}
		return t - offset
	}
	return Timestamp(g.period.truncate(int64(t)))
}

// Bucket returns the bucket that holds t.
func (g Granularity) Bucket(t Timestamp) Interval {
	start := g.Truncate(t)
	return Interval{start, g.Next(start)}
}

// Next returns the start of the bucket after the one that begins at start.
func (g Granularity) Next(start Timestamp) Timestamp {
	switch g.kind {
	case granularityNone:
		return start + 1
	case granularityAll:
		return MaxTimestamp
	case granularityDuration:
		return start + g.millis
	}
	return Timestamp(g.period.zone().Plus(int64(start), g.period.period.of, 1))
}

// Even reports whether stepping from bucket to bucket reaches the bucket of every
// instant. It does not when the origin is on a day that some months lack, or when hours
// are counted across a clock change.
func (g Granularity) Even() bool {
	switch g.kind {
	case granularityPeriod:
		return g.period.even()
	case granularityDuration:
		return g.origin == 0
	}
	return true
}

// Format formats a bucket's time as Druid does, in the granularity's zone.
func (g Granularity) Format(t Timestamp) string {
	if g.kind != granularityPeriod || g.period.at == nil {
		return t.String()
	}
	z := g.period.at
	return strings.TrimSuffix((t+Timestamp(z.Offset(int64(t)))).String(), "Z") + z.OffsetText(int64(t))
}

// bucketLimit is the largest number of buckets in an interval.
const bucketLimit = 100_000

// Buckets returns the buckets that overlap the interval, in order:
// Granularity.getIterable.
func (g Granularity) Buckets(i Interval) ([]Interval, error) {
	if g.kind == granularityNone {
		return nil, fmt.Errorf("granularity none has no buckets")
	}
	if g.kind == granularityAll {
		return []Interval{i}, nil
	}
	var buckets []Interval
	for b := g.Holding(i.Start); b.Start < i.End; b = (Interval{b.End, g.Next(b.End)}) {
		if b.End <= b.Start {
			return nil, errBackwards
		}
		if len(buckets) == bucketLimit {
			return nil, fmt.Errorf("interval %s has more than %d buckets", i, bucketLimit)
		}
		buckets = append(buckets, b)
	}
	return buckets, nil
}
