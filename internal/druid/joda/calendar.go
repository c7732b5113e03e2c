package joda

// Milliseconds of the units of ISOChronology. Years and months are averages, used only
// to sort fields.
const (
	second  int64 = 1000
	minute        = 60 * second
	hour          = 60 * minute
	halfday       = 12 * hour
	day           = 24 * hour
	week          = 7 * day
	month         = 31556952000 / 12
	year    int64 = 31556952000
	century       = 100 * year
)

// The range of years that an instant can hold: BasicGJChronology.
const (
	minYear = -292275054
	maxYear = 292278993
)

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func floorMod(a, b int64) int64 { return a - floorDiv(a, b)*b }

// isLeap applies the Gregorian rule to all years.
func isLeap(y int64) bool { return y%4 == 0 && (y%100 != 0 || y%400 == 0) }

func daysInYear(y int64) int64 {
	if isLeap(y) {
		return 366
	}
	return 365
}

func daysInMonth(y, m int64) int64 {
	switch m {
	case 2:
		return daysInYear(y) - 337
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// daysTo returns the number of days from the epoch to a date.
func daysTo(y, m, d int64) int64 {
	if m <= 2 {
		y--
		m += 12
	}
	era := floorDiv(y, 400)
	ofEra := y - era*400
	ofYear := (153*(m-3)+2)/5 + d - 1
	return era*146097 + ofEra*365 + ofEra/4 - ofEra/100 + ofYear - 719468
}

// date is the inverse of daysTo.
func date(days int64) (y, m, d int64) {
	days += 719468
	era := floorDiv(days, 146097)
	ofEra := days - era*146097
	y = (ofEra - ofEra/1460 + ofEra/36524 - ofEra/146096) / 365
	ofYear := ofEra - (365*y + y/4 - y/100)
	m = (5*ofYear + 2) / 153
	d = ofYear - (153*m+2)/5 + 1
	y += era * 400
	if m += 3; m > 12 {
		return y + 1, m - 12, d
	}
	return y, m, d
}

func dateOf(millis int64) (y, m, d int64) { return date(floorDiv(millis, day)) }

func yearOf(millis int64) int64 {
	y, _, _ := dateOf(millis)
	return y
}

func yearStart(y int64) int64 { return daysTo(y, 1, 1) * day }

// weekday returns 1 for Monday.
func weekday(millis int64) int64 { return floorMod(floorDiv(millis, day)+3, 7) + 1 }

func weekStart(millis int64) int64 { return floorDiv(millis+3*day, week)*week - 3*day }

// weekyearStart returns the Monday of the week with the year's first Thursday.
func weekyearStart(y int64) int64 { return weekStart(yearStart(y) + 3*day) }

func weekyearOf(millis int64) int64 { return yearOf(weekStart(millis) + 3*day) }

func weekOfWeekyear(millis int64) int64 {
	return (weekStart(millis)-weekyearStart(weekyearOf(millis)))/week + 1
}

func weeksInWeekyear(y int64) int64 { return (weekyearStart(y+1) - weekyearStart(y)) / week }
