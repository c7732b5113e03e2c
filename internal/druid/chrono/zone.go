package chrono

import (
	"fmt"
	"sort"
)

// Zone is a time zone: DateTimeZone.
type Zone struct {
	id      string
	first   int64 // offset before the first transition
	changes []transition
	cyclic  bool // the last 400 years of changes repeat forever
}

// transition is an instant from which an offset from UTC holds.
type transition struct{ at, offset int64 }

// UTC is the zone without an offset.
var UTC = &Zone{id: "UTC"}

// String is the zone's name.
func (z *Zone) String() string { return z.id }

// Fixed reports whether the offset never changes.
func (z *Zone) Fixed() bool { return len(z.changes) == 0 }

// gregorianCycle is the 400 years after which the calendar, weekdays included, repeats.
const gregorianCycle = 146_097 * day

// folded moves an instant that is past the listed changes back into their last cycle.
func (z *Zone) folded(t int64) (inside, by int64) {
	if !z.cyclic {
		return t, 0
	}
	last := z.changes[len(z.changes)-1].at
	if t < last {
		return t, 0
	}
	by = ((t-last)/gregorianCycle + 1) * gregorianCycle
	return t - by, by
}

// after returns the index of the first change later than t.
func (z *Zone) after(t int64) int {
	return sort.Search(len(z.changes), func(i int) bool { return z.changes[i].at > t })
}

// Offset returns how far local time is ahead of UTC at an instant.
func (z *Zone) Offset(t int64) int64 {
	if z.Fixed() {
		return z.first
	}
	t, _ = z.folded(t)
	if i := z.after(t); i > 0 {
		return z.changes[i-1].offset
	}
	return z.first
}

// next returns the first change after t, or never.
func (z *Zone) next(t int64) int64 {
	inside, by := z.folded(t)
	if i := z.after(inside); i < len(z.changes) {
		return z.changes[i].at + by
	}
	return never
}

const never = 1<<63 - 1

// previous returns the last instant before the latest change up to t, or t.
func (z *Zone) previous(t int64) int64 {
	inside, by := z.folded(t)
	if i := z.after(inside); i > 0 {
		return z.changes[i-1].at + by - 1
	}
	return t
}

// toUTC is DateTimeZone.convertLocalToUTC, not strict: of two instants with the same
// local time it takes the one with the offset of near, and a local time that does not
// exist is moved on by the gap.
func (z *Zone) toUTC(local, near int64) int64 {
	offset := z.Offset(near)
	if z.Offset(local-offset) == offset {
		return local - offset
	}
	ofLocal := z.Offset(local)
	offset = z.Offset(local - ofLocal)
	if ofLocal != offset && ofLocal < 0 && z.next(local-ofLocal) != z.next(local-offset) {
		offset = ofLocal
	}
	return local - offset
}

// offsetOfLocal is DateTimeZone.getOffsetFromLocal: of two offsets, the earlier one.
func (z *Zone) offsetOfLocal(local int64) int64 {
	ofLocal := z.Offset(local)
	at := local - ofLocal
	adjusted := z.Offset(at)
	switch {
	case ofLocal < adjusted:
		if z.next(at) != z.next(local-adjusted) {
			return ofLocal
		}
	case ofLocal >= 0:
		before := z.previous(at)
		if before < at {
			if of := z.Offset(before); at-before <= of-ofLocal {
				return of
			}
		}
	}
	return adjusted
}

// OffsetText formats the offset at an instant as Joda does, for example Z or +05:30.
func (z *Zone) OffsetText(t int64) string { return offsetText(z.Offset(t), "Z") }

func offsetText(offset int64, zero string) string {
	if offset == 0 {
		return zero
	}
	sign := '+'
	if offset < 0 {
		sign, offset = '-', -offset
	}
	s := fmt.Sprintf("%c%02d:%02d", sign, offset/hour, offset%hour/minute)
	if offset%minute != 0 {
		s += fmt.Sprintf(":%02d", offset%minute/second)
	}
	if offset%second != 0 {
		s += fmt.Sprintf(".%03d", offset%second)
	}
	return s
}
