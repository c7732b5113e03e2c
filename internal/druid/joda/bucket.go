package joda

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// bucket collects the fields that a text sets: DateTimeParserBucket. A copy of it saves
// its state, because fields are only ever appended.
type bucket struct {
	fields []saved
	offset *int64 // in milliseconds
	zone   *time.Location
}

type saved struct {
	field *field
	value int64
}

func (b *bucket) save(f *field, value int64) {
	b.fields = append(b.fields[:len(b.fields):len(b.fields)], saved{f, value})
}

func (b *bucket) setOffset(millis int64) { b.offset = &millis }

// defaultYear is used when a text has a month or a day but no year.
const defaultYear = 2000

// byUnit sorts fields from large units to small; those without a unit come first.
func byUnit(a, b int64) int {
	switch {
	case a == 0 || b == 0:
		return cmp.Compare(min(a, 1), min(b, 1))
	}
	return cmp.Compare(b, a)
}

// millis returns the instant. Fields are set from large to small, twice, since a value
// may be impossible in the first pass and only be allowed by the fields after it.
func (b *bucket) millis() (int64, error) {
	fields := slices.Clone(b.fields)
	sort := func() {
		slices.SortStableFunc(fields, func(a, b saved) int {
			return cmp.Or(byUnit(a.field.within, b.field.within), byUnit(a.field.unit, b.field.unit))
		})
	}
	sort()
	if len(fields) > 0 && fields[0].field.unit <= month && fields[0].field.unit >= day {
		fields = append(fields, saved{yearField, defaultYear})
		sort()
	}
	var at int64
	var err error
	for _, f := range fields {
		if at, err = f.field.put(at, f.value); err != nil {
			return 0, err
		}
		at = f.field.roundDown(at)
	}
	for i, f := range fields {
		if at, err = f.field.put(at, f.value); err != nil {
			return 0, err
		}
		if i == len(fields)-1 {
			at = f.field.roundDown(at)
		}
	}
	switch {
	case b.offset != nil:
		return at - *b.offset, nil
	case b.zone != nil:
		return inZone(at, b.zone)
	}
	return at, nil
}

// inZone returns the instant of a local time. A time that the clocks skip is refused;
// of one that comes twice, the earlier is taken: getOffsetFromLocal.
func inZone(local int64, zone *time.Location) (int64, error) {
	offset := offsetFromLocal(local, zone)
	if offset != offsetAt(local-offset, zone) {
		return 0, fmt.Errorf("Illegal instant due to time zone offset transition (%s)", zone)
	}
	return local - offset, nil
}

func offsetAt(millis int64, zone *time.Location) int64 {
	_, seconds := time.UnixMilli(millis).In(zone).Zone()
	return int64(seconds) * second
}

func offsetFromLocal(local int64, zone *time.Location) int64 {
	first := offsetAt(local, zone)
	adjusted := local - first
	second := offsetAt(adjusted, zone)
	if first != second {
		if first < second && nextChange(adjusted, zone) != nextChange(local-second, zone) {
			return first
		}
		return second
	}
	if first >= 0 {
		start, _ := time.UnixMilli(adjusted).In(zone).ZoneBounds()
		if start.IsZero() {
			return second
		}
		before := start.UnixMilli() - 1
		earlier := offsetAt(before, zone)
		if adjusted-before <= earlier-first {
			return earlier
		}
	}
	return second
}

// nextChange returns when the zone's clocks change next; 0 for never.
func nextChange(millis int64, zone *time.Location) int64 {
	_, end := time.UnixMilli(millis).In(zone).ZoneBounds()
	if end.IsZero() {
		return 0
	}
	return end.UnixMilli()
}
