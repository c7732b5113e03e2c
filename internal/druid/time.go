package druid

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Timestamp is an instant as Druid keeps it: milliseconds since the Unix epoch, UTC.
type Timestamp int64

// Ends of time as Druid writes them: Intervals.ETERNITY.
const (
	MinTimestamp Timestamp = -4611686018427387904
	MaxTimestamp Timestamp = 4611686018427387903
)

// At converts a Go time to a Timestamp, cutting what is below a millisecond.
func At(t time.Time) Timestamp { return Timestamp(t.UnixMilli()) }

// Time is the instant as a Go time in UTC.
func (t Timestamp) Time() time.Time { return time.UnixMilli(int64(t)).UTC() }

// String is the instant as Joda writes it, for example 2001-01-01T00:00:00.000Z.
func (t Timestamp) String() string { return t.Time().Format("2006-01-02T15:04:05.000Z") }

// MarshalJSON writes the instant as a string.
func (t Timestamp) MarshalJSON() ([]byte, error) { return quote(t.String()), nil }

// UnmarshalJSON reads an ISO 8601 string, or milliseconds.
func (t *Timestamp) UnmarshalJSON(b []byte) (err error) {
	if len(b) > 0 && b[0] != '"' {
		return json.Unmarshal(b, (*int64)(t))
	}
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	*t, err = ParseTimestamp(s)
	return err
}

// isoTime is what Joda's ISO parser takes: a date of which the end may be left
// out, and a time of which the end may be left out, with an offset or not.
var isoTime = regexp.MustCompile(`^([+-]?\d{4,})(?:-(\d{1,2})(?:-(\d{1,2}))?)?(?:T(\d{1,2})(?::?(\d{2})(?::?(\d{2})(?:[.,](\d{1,9}))?)?)?)?(Z|[+-]\d{2}(?::?\d{2})?)?$`)

// ParseTimestamp reads an ISO 8601 instant. Without an offset it is UTC.
func ParseTimestamp(s string) (Timestamp, error) {
	m := isoTime.FindStringSubmatch(s)
	if m == nil {
		return 0, fmt.Errorf("invalid format: %q", s)
	}
	number := func(i, def int) int {
		if m[i] == "" {
			return def
		}
		n, _ := strconv.Atoi(m[i]) // digits only, by the expression
		return n
	}
	year, month, day := number(1, 0), number(2, 1), number(3, 1)
	hour, minute, second := number(4, 0), number(5, 0), number(6, 0)
	millis, _ := strconv.Atoi((m[7] + "000")[:3])
	if month < 1 || month > 12 || day < 1 || day > daysIn(year, month) || hour > 24 || minute > 59 || second > 59 {
		return 0, fmt.Errorf("invalid format: %q: a field is out of range", s)
	}
	t := time.Date(year, time.Month(month), day, hour, minute, second, 0, time.UTC)
	return Timestamp(t.Unix()*1000) + Timestamp(millis) - offset(m[8]), nil
}

func daysIn(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// offset is what to take from a local time to get UTC.
func offset(text string) Timestamp {
	if text == "" || text == "Z" {
		return 0
	}
	digits := strings.ReplaceAll(text[1:], ":", "") + "00"
	hours, _ := strconv.Atoi(digits[:2])
	minutes, _ := strconv.Atoi(digits[2:4])
	millis := Timestamp(hours*60+minutes) * 60_000
	if text[0] == '-' {
		return -millis
	}
	return millis
}

// Interval is a half-open span of time, start included and end excluded.
// It is comparable and may be a map key.
type Interval struct {
	Start, End Timestamp
}

// Eternity is the interval that holds every instant.
var Eternity = Interval{MinTimestamp, MaxTimestamp}

// ParseInterval reads "start/end"; one of both may be a period.
func ParseInterval(s string) (Interval, error) {
	first, second, ok := strings.Cut(s, "/")
	if !ok {
		return Interval{}, fmt.Errorf("Format requires a '/' separator: %s", s)
	}
	i, err := parseEnds(first, second)
	if err != nil {
		return Interval{}, fmt.Errorf("interval %q: %w", s, err)
	}
	if i.End < i.Start {
		return Interval{}, errors.New("The end instant must be greater than the start instant")
	}
	return i, nil
}

func parseEnds(first, second string) (i Interval, err error) {
	switch {
	case strings.HasPrefix(first, "P"):
		var p Period
		if p, err = ParsePeriod(first); err == nil {
			i.End, err = ParseTimestamp(second)
			i.Start = p.Before(i.End)
		}
	case strings.HasPrefix(second, "P"):
		var p Period
		if p, err = ParsePeriod(second); err == nil {
			i.Start, err = ParseTimestamp(first)
			i.End = p.After(i.Start)
		}
	default:
		if i.Start, err = ParseTimestamp(first); err == nil {
			i.End, err = ParseTimestamp(second)
		}
	}
	return i, err
}

func (i Interval) String() string { return i.Start.String() + "/" + i.End.String() }

// MarshalJSON writes the interval as a string.
func (i Interval) MarshalJSON() ([]byte, error) { return quote(i.String()), nil }

// UnmarshalJSON reads an ISO 8601 interval.
func (i *Interval) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	parsed, err := ParseInterval(s)
	*i = parsed
	return err
}

// Contains tells whether o lies wholly inside i.
func (i Interval) Contains(o Interval) bool { return i.Start <= o.Start && o.End <= i.End }

// Holds tells whether the instant t lies in i.
func (i Interval) Holds(t Timestamp) bool { return i.Start <= t && t < i.End }

// Overlaps tells whether i and o share an instant.
func (i Interval) Overlaps(o Interval) bool { return i.Start < o.End && o.Start < i.End }

// Abuts tells whether one ends exactly where the other starts.
func (i Interval) Abuts(o Interval) bool { return i.End == o.Start || o.End == i.Start }

// FirstOverlap is the first interval, in the order of start and end, that overlaps
// the one behind it. Equal ones count as one.
func FirstOverlap(all []Interval) (before, after Interval, found bool) {
	sorted := slices.Clone(all)
	slices.SortFunc(sorted, func(a, b Interval) int { return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End)) })
	sorted = slices.Compact(sorted)
	for i := 1; i < len(sorted); i++ {
		if sorted[i-1].Overlaps(sorted[i]) {
			return sorted[i-1], sorted[i], true
		}
	}
	return Interval{}, Interval{}, false
}
