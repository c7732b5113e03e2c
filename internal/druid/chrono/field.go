package chrono

// Field is a unit of time that a period counts.
type Field int

// The fields, in the order in which a period is added.
const (
	Years Field = iota
	Months
	Weeks
	Days
	Hours
	Minutes
	Seconds
	Millis
)

// lengths are the fields' lengths in milliseconds; years and months vary.
var lengths = [...]int64{Weeks: week, Days: day, Hours: hour, Minutes: minute, Seconds: second, Millis: 1}

// ofDay reports whether a field is computed in instants instead of local time:
// ZonedChronology.useTimeArithmetic.
func (f Field) ofDay() bool { return f >= Hours }

// Add moves an instant by so many units, in the zone's local time:
// ZonedDurationField.add.
func (z *Zone) Add(f Field, t, n int64) int64 {
	if n == 0 {
		return t
	}
	offset := z.Offset(t)
	local := t + offset
	switch f {
	case Years:
		local = addMonths(local, 12*n)
	case Months:
		local = addMonths(local, n)
	default:
		local += lengths[f] * n
	}
	if f.ofDay() || z.Fixed() {
		return local - offset
	}
	return local - z.offsetOfLocal(local)
}

// Between returns how many whole units lie between b and a:
// ZonedDurationField.getDifference.
func (z *Zone) Between(f Field, a, b int64) int64 {
	offset := z.Offset(b)
	localA, localB := a+offset, b+offset
	if !f.ofDay() {
		localA = a + z.Offset(a)
	}
	switch f {
	case Years:
		return yearsBetween(localA, localB)
	case Months:
		return monthsBetween(localA, localB)
	}
	return (localA - localB) / lengths[f]
}

// Floor returns the start of the unit that holds t; weeks begin on Monday. Joda fails
// where a day has no midnight; here such a day begins when the gap ends.
func (z *Zone) Floor(f Field, t int64) int64 {
	switch f {
	case Years:
		return z.set(t, func(local int64) int64 {
			year, _, _ := civil(floorDiv(local, day))
			return daysOf(year, 1, 1) * day
		})
	case Months:
		return z.set(t, func(local int64) int64 {
			year, month, _ := civil(floorDiv(local, day))
			return daysOf(year, month, 1) * day
		})
	case Weeks:
		t = z.set(t, func(local int64) int64 { return floorTo(local, day) })
		return z.set(t, func(local int64) int64 { return local - (weekday(floorDiv(local, day))-1)*day })
	case Millis:
		return t
	}
	if f != Seconds {
		t = z.round(t, lengths[f+1])
	}
	return z.set(t, func(local int64) int64 { return floorTo(local, lengths[f]) })
}

// set changes the local time: ZonedDateTimeField.set.
func (z *Zone) set(t int64, change func(local int64) int64) int64 {
	return z.toUTC(change(t+z.Offset(t)), t)
}

// round rounds the local time down: ZonedDateTimeField.roundFloor for hours and smaller
// units.
func (z *Zone) round(t, unit int64) int64 {
	offset := z.Offset(t)
	return floorTo(t+offset, unit) - offset
}

// MidnightOf1970 returns the instant of 1970-01-01T00:00 in the zone's local time.
func (z *Zone) MidnightOf1970() int64 { return z.toUTC(0, 0) }
