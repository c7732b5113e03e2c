package druid

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"oakmoot/internal/druid/joda"
)

// Timestamp is an instant as Druid keeps it: milliseconds since the Unix epoch, UTC.
type Timestamp int64

// The ends of time as Druid writes them: Intervals.ETERNITY.
const (
	MinTimestamp Timestamp = -4611686018427387904
	MaxTimestamp Timestamp = 4611686018427387903
)

// At converts a Go time to a Timestamp, dropping what is below a millisecond.
func At(t time.Time) Timestamp { return Timestamp(t.UnixMilli()) }

// Time returns the instant as a Go time in UTC.
func (t Timestamp) Time() time.Time { return time.UnixMilli(int64(t)).UTC() }

// String formats the instant as Joda does, for example 2001-01-01T00:00:00.000Z.
func (t Timestamp) String() string { return string(t.append(nil)) }

const instantLayout = "2006-01-02T15:04:05.000Z"

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

// ParseTimestamp reads an ISO 8601 instant as Joda does, or else milliseconds:
// DateTimes.of. Without an offset it is in UTC.
func ParseTimestamp(s string) (Timestamp, error) {
	t, err := parseISO(s)
	if err != nil {
		if n, failed := ParseLong(s); failed == nil {
			return Timestamp(n), nil
		}
	}
	return t, err
}

func parseISO(s string) (Timestamp, error) {
	millis, err := joda.ISO.Parse(s)
	return Timestamp(millis), err
}

// Interval is a half-open span of time, with its start and without its end. It is
// comparable and may be a map key.
type Interval struct {
	Start, End Timestamp
}

// Eternity is the interval that holds every instant.
var Eternity = Interval{MinTimestamp, MaxTimestamp}

// ParseInterval reads "start/end"; either may be a period.
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
	case startsPeriod(first):
		var p Period
		if p, err = ParsePeriod(first); err == nil {
			i.End, err = parseISO(second)
			i.Start = p.Before(i.End)
		}
	case startsPeriod(second):
		var p Period
		if p, err = ParsePeriod(second); err == nil {
			i.Start, err = parseISO(first)
			i.End = p.After(i.Start)
		}
	default:
		if i.Start, err = parseISO(first); err == nil {
			i.End, err = parseISO(second)
		}
	}
	return i, err
}

func startsPeriod(s string) bool { return s != "" && (s[0] == 'P' || s[0] == 'p') }

func (i Interval) String() string { return string(i.append(nil)) }

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

// Contains reports whether o lies wholly inside i.
func (i Interval) Contains(o Interval) bool { return i.Start <= o.Start && o.End <= i.End }

// Holds reports whether the instant t lies in i.
func (i Interval) Holds(t Timestamp) bool { return i.Start <= t && t < i.End }

// Overlaps reports whether i and o share an instant.
func (i Interval) Overlaps(o Interval) bool { return i.Start < o.End && o.Start < i.End }

// Abuts reports whether one ends exactly where the other starts.
func (i Interval) Abuts(o Interval) bool { return i.End == o.Start || o.End == i.Start }

// FirstOverlap returns the first interval, ordered by start and end, that overlaps the
// one after it. Duplicates count as one.
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
