package ingest

import (
	"fmt"
	"strings"
	"time"

	"oakmoot/internal/druid"
)

// joda is a compiled pattern of Joda-Time's DateTimeFormat, for parsing.
type joda []jodaToken

// jodaToken is a run of one pattern letter, or literal text.
type jodaToken struct {
	letter  byte // 0 for a literal
	count   int
	literal string
	abuts   bool // a number follows directly, so this one is exactly count long
}

const jodaLetters = "yYMdDHhKkmsSaEZz"

func compileJoda(pattern string) (joda, error) {
	var p joda
	for i := 0; i < len(pattern); {
		c := pattern[i]
		switch {
		case c == '\'':
			text, n := jodaQuoted(pattern[i:])
			p = append(p, jodaToken{literal: text})
			i += n
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
			if !strings.ContainsRune(jodaLetters, rune(c)) {
				return nil, fmt.Errorf("Illegal pattern component: %c in %q", c, pattern)
			}
			n := len(pattern[i:]) - len(strings.TrimLeft(pattern[i:], string(c)))
			p = append(p, jodaToken{letter: c, count: n})
			i += n
		default:
			p = append(p, jodaToken{literal: pattern[i : i+1]})
			i++
		}
	}
	for i := range p[:max(len(p)-1, 0)] {
		p[i].abuts = p[i].number() && p[i+1].number()
	}
	return p, nil
}

// jodaQuoted is the text between quotes; two quotes stand for one.
func jodaQuoted(s string) (text string, used int) {
	if strings.HasPrefix(s, "''") {
		return "'", 2
	}
	var b strings.Builder
	for used = 1; used < len(s); used++ {
		if s[used] == '\'' {
			used++
			if used == len(s) || s[used] != '\'' {
				break
			}
		}
		b.WriteByte(s[used])
	}
	return b.String(), used
}

func (t jodaToken) number() bool {
	return strings.IndexByte("yYdDHhKkmsS", t.letter) >= 0 && t.letter != 0 || t.letter == 'M' && t.count < 3
}

// jodaFields collects what a text says.
type jodaFields struct {
	year, month, day, dayOfYear int
	hour, minute, second, nanos int
	pm, half                    bool // half: the hour is one of a half day
	zone                        *time.Location
}

func (p joda) parse(s string) (druid.Timestamp, error) {
	f := jodaFields{year: 1970, month: 1, day: 1, zone: time.UTC}
	rest := s
	for _, t := range p {
		var ok bool
		if rest, ok = f.read(t, rest); !ok {
			return 0, fmt.Errorf("Invalid format: %q is malformed at %q", s, rest)
		}
	}
	if rest != "" {
		return 0, fmt.Errorf("Invalid format: %q is malformed at %q", s, rest)
	}
	return f.timestamp(s)
}

func (f *jodaFields) timestamp(s string) (druid.Timestamp, error) {
	if f.half {
		f.hour %= 12
		if f.pm {
			f.hour += 12
		}
	}
	if f.dayOfYear > 0 {
		f.month, f.day = 1, f.dayOfYear
	}
	t := time.Date(f.year, time.Month(f.month), f.day, f.hour, f.minute, f.second, f.nanos, f.zone)
	same := t.Hour() == f.hour && t.Minute() == f.minute && t.Second() == f.second
	if f.dayOfYear == 0 {
		same = same && t.Day() == f.day && int(t.Month()) == f.month
	}
	if !same && f.zone == time.UTC {
		return 0, fmt.Errorf("Cannot parse %q: a value is out of its range", s)
	}
	return druid.At(t), nil
}

// read takes what one token stands for off the text.
func (f *jodaFields) read(t jodaToken, s string) (rest string, ok bool) {
	switch {
	case t.letter == 0:
		return strings.CutPrefix(s, t.literal)
	case t.letter == 'a':
		return f.readHalf(s)
	case t.letter == 'E':
		return readName(s, weekdays, new(int))
	case t.letter == 'M' && t.count >= 3:
		return readName(s, months, &f.month)
	case t.letter == 'Z' || t.letter == 'z':
		return f.readZone(s)
	case t.letter == 'S':
		return f.readFraction(t, s)
	}
	return f.readNumber(t, s)
}

func (f *jodaFields) readNumber(t jodaToken, s string) (string, bool) {
	longest := 9
	if t.abuts {
		longest = t.count
	}
	n, digits := 0, 0
	for digits < len(s) && digits < longest && s[digits] >= '0' && s[digits] <= '9' {
		n = n*10 + int(s[digits]-'0')
		digits++
	}
	if digits == 0 {
		return s, false
	}
	switch t.letter {
	case 'y', 'Y':
		if t.count == 2 && digits == 2 {
			n += pivotCentury(n)
		}
		f.year = n
	case 'M':
		f.month = n
	case 'd':
		f.day = n
	case 'D':
		f.dayOfYear = n
	case 'H', 'k':
		f.hour = n
		if t.letter == 'k' {
			f.hour %= 24
		}
	case 'h', 'K':
		f.hour, f.half = n, true
	case 'm':
		f.minute = n
	case 's':
		f.second = n
	}
	return s[digits:], true
}

// pivotCentury gives two digits their century. Joda takes the hundred years
// around today; the years of real data are far from its edges.
func pivotCentury(n int) int {
	if n >= 80 {
		return 1900
	}
	return 2000
}

func (f *jodaFields) readFraction(t jodaToken, s string) (string, bool) {
	digits, unit := 0, 100_000_000
	for digits < len(s) && digits < max(t.count, 9) && s[digits] >= '0' && s[digits] <= '9' {
		f.nanos += int(s[digits]-'0') * unit
		unit /= 10
		digits++
	}
	return s[digits:], digits > 0
}

func (f *jodaFields) readHalf(s string) (string, bool) {
	if len(s) < 2 {
		return s, false
	}
	switch strings.ToLower(s[:2]) {
	case "am":
	case "pm":
		f.pm = true
	default:
		return s, false
	}
	f.half = true
	return s[2:], true
}

func (f *jodaFields) readZone(s string) (string, bool) {
	for _, layout := range []string{"-07:00", "-0700", "Z07:00"} {
		n := len(layout)
		if layout == "Z07:00" {
			n = 1
		}
		if len(s) < n {
			continue
		}
		if t, err := time.Parse(layout, s[:n]); err == nil {
			_, offset := t.Zone()
			f.zone = time.FixedZone("", offset)
			return s[n:], true
		}
	}
	end := strings.IndexFunc(s, func(r rune) bool {
		return r != '/' && r != '_' && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
	if end < 0 {
		end = len(s)
	}
	loc, ok := zoneNamed(s[:end])
	if ok {
		f.zone = loc
	}
	return s[end:], ok
}

var months = []string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}

var weekdays = []string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}

// readName takes an English name, in full or its first three letters.
func readName(s string, names []string, number *int) (string, bool) {
	for i, name := range names {
		for _, form := range []string{name, name[:3]} {
			if len(s) >= len(form) && strings.EqualFold(s[:len(form)], form) {
				*number = i + 1
				return s[len(form):], true
			}
		}
	}
	return s, false
}
