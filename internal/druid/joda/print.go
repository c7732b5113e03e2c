package joda

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Printer writes instants: a DateTimeFormatter that prints.
type Printer struct{ tokens []token }

// NewPrinter is DateTimeFormat.forPattern for printing. A zone's full name is not known
// here, and is refused.
func NewPrinter(pattern string) (Printer, error) {
	var p Printer
	if pattern == "" {
		return p, fmt.Errorf("Invalid pattern specification")
	}
	for i := 0; i < len(pattern); {
		t := nextToken(pattern[i:])
		i += t.length
		if _, err := t.element(false); err != nil {
			return p, err
		}
		if t.letter == 'z' && t.length > 3 {
			return p, fmt.Errorf("%q: a zone's full name is not supported", pattern)
		}
		p.tokens = append(p.tokens, t)
	}
	return p, nil
}

// Print writes an instant as clocks in the zone show it.
func (p Printer) Print(millis int64, zone *time.Location) string {
	var b strings.Builder
	local := time.UnixMilli(millis).In(zone)
	for _, t := range p.tokens {
		b.WriteString(t.print(local))
	}
	return b.String()
}

func (t token) print(at time.Time) string {
	switch t.letter {
	case 0:
		return t.text
	case 'G':
		return map[bool]string{true: "AD", false: "BC"}[at.Year() > 0]
	case 'E':
		return t.name(at.Weekday().String())
	case 'M':
		if t.length >= 3 {
			return t.name(at.Month().String())
		}
	case 'a':
		return at.Format("PM")
	case 'S':
		return (fmt.Sprintf("%03d", at.Nanosecond()/1e6) + strings.Repeat("0", t.length))[:t.length]
	case 'Z':
		return t.offset(at)
	case 'z':
		return abbreviation(at)
	}
	n := t.value(at)
	if t.length == 2 && strings.IndexByte("yYx", t.letter) >= 0 {
		n = max(n, -n) % 100
	}
	if n < 0 {
		return "-" + fmt.Sprintf("%0*d", t.length, -n)
	}
	return fmt.Sprintf("%0*d", t.length, n)
}

// name returns the full name for four letters or more, else its first three letters.
func (t token) name(full string) string {
	if t.length >= 4 {
		return full
	}
	return full[:3]
}

// value returns the number that a letter stands for.
func (t token) value(at time.Time) int {
	switch t.letter {
	case 'C':
		return yearOfEra(at) / 100
	case 'Y':
		return yearOfEra(at)
	case 'y':
		return at.Year()
	case 'x':
		year, _ := at.ISOWeek()
		return year
	case 'w':
		_, week := at.ISOWeek()
		return week
	case 'e':
		return (int(at.Weekday())+6)%7 + 1
	case 'D':
		return at.YearDay()
	case 'M':
		return int(at.Month())
	case 'd':
		return at.Day()
	case 'H':
		return at.Hour()
	case 'k':
		return (at.Hour()+23)%24 + 1
	case 'K':
		return at.Hour() % 12
	case 'h':
		return (at.Hour()+11)%12 + 1
	case 'm':
		return at.Minute()
	}
	return at.Second() // s, the last letter
}

func yearOfEra(at time.Time) int {
	if y := at.Year(); y > 0 {
		return y
	}
	return 1 - at.Year()
}

// offset is +0200 with one letter, +02:00 with two, and the zone's id with more.
func (t token) offset(at time.Time) string {
	switch {
	case t.length == 1:
		return at.Format("-0700")
	case t.length == 2:
		return at.Format("-07:00")
	}
	return at.Location().String()
}

// abbreviation returns the zone's short name; zones without one show their offset.
func abbreviation(at time.Time) string {
	name, _ := at.Zone()
	if _, err := strconv.Atoi(name); err == nil || strings.HasPrefix(name, "+") || strings.HasPrefix(name, "-") {
		return at.Format("-07:00")
	}
	return name
}
