package chrono

import (
	"cmp"
	"slices"
	"strings"
)

// recurrence is a change of a zone that happens every year: DateTimeZoneBuilder's
// Recurrence and OfYear.
type recurrence struct {
	mode            string // how the time of day is meant: w wall, s standard, u UTC
	month, day      int64  // below zero it counts from the month's end
	weekday         int64  // 1 is Monday; 0 is any
	advance         bool   // to the weekday on or after the day, else on or before
	timeOfDay, save int64
}

func readRecurrence(text string, number func(string) int64) recurrence {
	w := strings.Split(text, ",")
	return recurrence{
		mode: w[0], month: number(w[1]), day: number(w[2]), weekday: number(w[3]),
		advance: w[4] == "1", timeOfDay: number(w[5]) * second, save: number(w[6]) * second,
	}
}

// in returns the instant of the change in a year; saved is the saving in force before
// it.
func (r recurrence) in(year, standard, saved int64) int64 {
	d := daysOf(year, r.month, 1) + r.day - 1
	if r.day < 0 {
		d = daysOf(year, r.month+1, 1) + r.day
	}
	if r.weekday != 0 {
		by := r.weekday - weekday(d)
		switch {
		case r.advance && by < 0:
			by += 7
		case !r.advance && by > 0:
			by -= 7
		}
		d += by
	}
	t := d*day + r.timeOfDay
	switch r.mode {
	case "w":
		t -= standard + saved
	case "s":
		t -= standard
	}
	return t
}

// extend lists the changes that a zone's rule makes in one whole cycle of the calendar.
func (z *Zone) extend(standard int64, start, end recurrence) {
	last := int64(-1 << 62)
	if n := len(z.changes); n > 0 {
		last = z.changes[n-1].at
	}
	from, _, _ := civil(floorDiv(max(last, 0), day))
	for year := from; year <= from+402; year++ {
		both := []transition{
			{start.in(year, standard, end.save), standard + start.save},
			{end.in(year, standard, start.save), standard + end.save},
		}
		slices.SortFunc(both, func(a, b transition) int { return cmp.Compare(a.at, b.at) })
		for _, c := range both {
			if c.at > last {
				z.changes = append(z.changes, c)
			}
		}
	}
	z.cyclic = true
}
