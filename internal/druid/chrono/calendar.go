package chrono

// Lengths in milliseconds.
const (
	second = 1000
	minute = 60 * second
	hour   = 60 * minute
	day    = 24 * hour
	week   = 7 * day
)

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func floorTo(t, unit int64) int64 { return t - ((t%unit)+unit)%unit }

// civil returns the Gregorian date of a day, counted from the epoch.
func civil(d int64) (year, month, dayOfMonth int64) {
	d += 719_468 // to the first of March of the year 0
	era := floorDiv(d, 146_097)
	d -= era * 146_097
	y := (d - d/1460 + d/36_524 - d/146_096) / 365
	d -= 365*y + y/4 - y/100
	m := (5*d + 2) / 153
	dayOfMonth = d - (153*m+2)/5 + 1
	year, month = y+era*400, m+3
	if month > 12 {
		year, month = year+1, month-12
	}
	return year, month, dayOfMonth
}

// daysOf returns the day since the epoch of a date, whose month may be any number.
func daysOf(year, month, dayOfMonth int64) int64 {
	year += floorDiv(month-1, 12)
	month = ((month-1)%12 + 12) % 12
	month += 1
	if month <= 2 {
		year, month = year-1, month+12
	}
	era := floorDiv(year, 400)
	y := year - era*400
	return era*146_097 + 365*y + y/4 - y/100 + (153*(month-3)+2)/5 + dayOfMonth - 1 - 719_468
}

// weekday returns 1 for Monday to 7 for Sunday.
func weekday(d int64) int64 { return ((d+3)%7+7)%7 + 1 }

func daysIn(year, month int64) int64 { return daysOf(year, month+1, 1) - daysOf(year, month, 1) }

func leap(year int64) bool { return daysIn(year, 2) == 29 }

// addMonths moves a local time by months, to the last day of a shorter month:
// BasicMonthOfYearDateTimeField.add.
func addMonths(local, n int64) int64 {
	d := floorDiv(local, day)
	year, month, dom := civil(d)
	first := daysOf(year, month+n, 1)
	length := daysOf(year, month+n+1, 1) - first
	return (first+min(dom, length)-1)*day + local - d*day
}

// monthsBetween returns the whole months from b to a:
// BasicMonthOfYearDateTimeField.getDifferenceAsLong.
func monthsBetween(a, b int64) int64 {
	if a < b {
		return -monthsBetween(b, a)
	}
	yearA, monthA, domA := civil(floorDiv(a, day))
	yearB, monthB, domB := civil(floorDiv(b, day))
	n := (yearA-yearB)*12 + monthA - monthB
	if domA == daysIn(yearA, monthA) && domB > domA {
		b -= (domB - domA) * day
	}
	if a-daysOf(yearA, monthA, 1)*day < b-daysOf(yearB, monthB, 1)*day {
		n--
	}
	return n
}

// yearsBetween returns the whole years from b to a: BasicChronology.getYearDifference.
func yearsBetween(a, b int64) int64 {
	if a < b {
		return -yearsBetween(b, a)
	}
	const february29 = (31 + 28) * day
	yearA, _, _ := civil(floorDiv(a, day))
	yearB, _, _ := civil(floorDiv(b, day))
	restA, restB := a-daysOf(yearA, 1, 1)*day, b-daysOf(yearB, 1, 1)*day
	if restB >= february29 {
		switch {
		case leap(yearB) && !leap(yearA):
			restB -= day
		case !leap(yearB) && restA >= february29 && leap(yearA):
			restA -= day
		}
	}
	n := yearA - yearB
	if restA < restB {
		n--
	}
	return n
}
