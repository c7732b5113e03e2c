package druid

import (
	"cmp"
	"slices"

	"oakmoot/internal/druid/chrono"
)

// Finer returns the standard granularities whose bucket at the epoch is no longer than
// this one's, longest first, with its origin and zone:
// Granularity.granularitiesFinerThan.
func (g Granularity) Finer() []Granularity {
	var origin *Timestamp
	var zone *chrono.Zone
	if g.kind == granularityPeriod {
		zone = g.period.zone()
		if g.period.hasOrigin {
			at := Timestamp(g.period.origin)
			origin = &at
		}
	}
	length := func(g Granularity) Timestamp {
		b := g.Bucket(0)
		return b.End - b.Start
	}
	var finer []Granularity
	for _, s := range standard {
		p, err := ParsePeriod(s.period)
		if err != nil {
			panic("druid: granularity " + s.name + ": " + err.Error())
		}
		if one := periodOf(p, origin, zone); length(one) <= length(g) {
			finer = append(finer, one)
		}
	}
	slices.SortStableFunc(finer, func(a, b Granularity) int { return cmp.Compare(length(b), length(a)) })
	return finer
}

// Holding returns the bucket that holds t, for segments: where Truncate picks the wrong
// one, as hours do before 1970 and durations on the far side of their origin, it is the
// neighbour that does hold t. Druid puts such a row into a segment for another time,
// where no query finds it.
func (g Granularity) Holding(t Timestamp) Interval {
	b := g.Bucket(t)
	for tries := 0; tries < 4 && b.Start > t; tries++ {
		b = Interval{g.before(b.Start), b.Start}
	}
	for tries := 0; tries < 4 && b.End <= t; tries++ {
		b = Interval{b.End, g.Next(b.End)}
	}
	return b
}

// before returns the start of the bucket before the one that begins at start.
func (g Granularity) before(start Timestamp) Timestamp {
	if g.kind == granularityDuration {
		return start - g.millis
	}
	return Timestamp(g.period.zone().Plus(int64(start), g.period.period.of, -1))
}
