package joda

import "fmt"

// field is a DateTimeField of ISOChronology in UTC.
type field struct {
	name      string
	unit      int64 // of getDurationField, in milliseconds; 0 when it is not supported
	within    int64 // of getRangeDurationField; 0 when there is none
	min, max  int64
	limit     func(millis, value int64) int64 // getMaximumValueForSet, when it depends on the instant
	set       func(millis, value int64) int64
	roundDown func(millis int64) int64 // roundFloor
}

// fieldError is IllegalFieldValueException.
type fieldError struct {
	name             string
	value, low, high int64
}

func (e *fieldError) Error() string {
	return fmt.Sprintf("Value %d for %s must be in the range [%d,%d]", e.value, e.name, e.low, e.high)
}

// put sets the field to a value.
func (f *field) put(millis, value int64) (int64, error) {
	high := f.max
	if f.limit != nil {
		high = f.limit(millis, value)
	}
	if value < f.min || value > high {
		return 0, &fieldError{f.name, value, f.min, high}
	}
	return f.set(millis, value), nil
}

// precise is a field whose unit always has the same length: PreciseDateTimeField.
func precise(name string, unit, within int64) *field {
	return &field{
		name: name, unit: unit, within: within, max: within/unit - 1,
		set: func(millis, value int64) int64 {
			return millis + (value-floorMod(floorDiv(millis, unit), within/unit))*unit
		},
		roundDown: func(millis int64) int64 { return floorDiv(millis, unit) * unit },
	}
}

// fromOne is a precise field whose largest value stands for zero:
// ZeroIsMaxDateTimeField.
func fromOne(name string, unit, within int64) *field {
	f := precise(name, unit, within)
	inner := f.set
	f.min, f.max = 1, within/unit
	f.set = func(millis, value int64) int64 { return inner(millis, value%f.max) }
	return f
}

func dayDown(millis int64) int64 { return floorDiv(millis, day) * day }

func setYear(millis, y int64) int64 {
	old, m, d := dateOf(millis)
	if m == 2 && d == 29 && !isLeap(y) || y == old {
		d = min(d, daysInMonth(y, m))
	}
	return daysTo(y, m, d)*day + floorMod(millis, day)
}

func setMonth(millis, m int64) int64 {
	y, _, d := dateOf(millis)
	return daysTo(y, m, min(d, daysInMonth(y, m)))*day + floorMod(millis, day)
}

// setWeekyear keeps the week, the day of the week and the time of day.
func setWeekyear(millis, y int64) int64 {
	w := min(weekOfWeekyear(millis), weeksInWeekyear(y))
	return weekyearStart(y) + (w-1)*week + (weekday(millis)-1)*day + floorMod(millis, day)
}

// setEra mirrors the year: GJEraDateTimeField.
func setEra(millis, era int64) int64 {
	if y := yearOf(millis); (y > 0) != (era == 1) {
		return setYear(millis, -y)
	}
	return millis
}

func yearDown(millis int64) int64 { return yearStart(yearOf(millis)) }

func abs(n int64) int64 { return max(n, -n) }

// The fields that a text may set, with the names of DateTimeFieldType.
var (
	eraField = &field{name: "era", max: 1, set: setEra, roundDown: func(millis int64) int64 {
		if yearOf(millis) > 0 {
			return yearStart(1)
		}
		return yearStart(minYear)
	}}
	centuryField = &field{name: "centuryOfEra", unit: century, max: maxYear / 100,
		set: func(millis, c int64) int64 {
			y := yearOf(millis)
			wanted := c*100 + abs(y)%100
			if y < 0 {
				wanted = -wanted
			}
			return setYear(millis, wanted)
		},
		roundDown: func(millis int64) int64 { return yearStart(yearOf(millis) / 100 * 100) }}
	// A year may be one past either end, to allow for offsets.
	yearField      = &field{name: "year", unit: year, min: minYear - 1, max: maxYear + 1, set: setYear, roundDown: yearDown}
	yearOfEraField = &field{name: "yearOfEra", unit: year, min: 1, max: maxYear,
		set: func(millis, y int64) int64 {
			if yearOf(millis) <= 0 {
				y = 1 - y
			}
			return setYear(millis, y)
		},
		roundDown: yearDown}
	weekyearField = &field{name: "weekyear", unit: year, min: minYear, max: maxYear, set: setWeekyear,
		roundDown: func(millis int64) int64 { return weekyearStart(weekyearOf(millis)) }}
	monthField = &field{name: "monthOfYear", unit: month, within: year, min: 1, max: 12, set: setMonth,
		roundDown: func(millis int64) int64 {
			y, m, _ := dateOf(millis)
			return daysTo(y, m, 1) * day
		}}
	dayField = &field{name: "dayOfMonth", unit: day, within: month, min: 1, roundDown: dayDown,
		limit: func(millis, _ int64) int64 {
			y, m, _ := dateOf(millis)
			return daysInMonth(y, m)
		},
		set: func(millis, value int64) int64 {
			_, _, d := dateOf(millis)
			return millis + (value-d)*day
		}}
	dayOfYearField = &field{name: "dayOfYear", unit: day, within: year, min: 1, roundDown: dayDown,
		limit: func(millis, _ int64) int64 { return daysInYear(yearOf(millis)) },
		set: func(millis, value int64) int64 {
			return millis + (value-1)*day - (dayDown(millis) - yearDown(millis))
		}}
	weekField = &field{name: "weekOfWeekyear", unit: week, within: year, min: 1, roundDown: weekStart,
		limit: func(millis, value int64) int64 {
			if value <= 52 {
				return 52
			}
			return weeksInWeekyear(weekyearOf(millis))
		},
		set: func(millis, value int64) int64 { return millis + (value-weekOfWeekyear(millis))*week }}
	weekdayField = &field{name: "dayOfWeek", unit: day, within: week, min: 1, max: 7, roundDown: dayDown,
		set: func(millis, value int64) int64 { return millis + (value-weekday(millis))*day }}

	halfdayField          = precise("halfdayOfDay", halfday, day)
	hourOfHalfdayField    = precise("hourOfHalfday", hour, halfday)
	clockOfHalfdayField   = fromOne("clockhourOfHalfday", hour, halfday)
	hourField             = precise("hourOfDay", hour, day)
	clockField            = fromOne("clockhourOfDay", hour, day)
	minuteField           = precise("minuteOfHour", minute, hour)
	secondField           = precise("secondOfMinute", second, minute)
	fractionOfSecondField = precise("millisOfSecond", 1, second)
	fractionOfMinuteField = precise("millisOfSecond", 1, minute)
	fractionOfHourField   = precise("millisOfSecond", 1, hour)
)
