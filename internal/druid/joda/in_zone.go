package joda

import (
	"regexp"
	"strconv"
	"time"

	"oakmoot/internal/druid/chrono"
)

// ISODateOptionalTime is ISODateTimeFormat.dateOptionalTimeParser.
var ISODateOptionalTime = Format{all(isoDate, optional(all(literal("T"), optional(isoTime), optional(offset))))}

// ParseIn is Parse for texts whose times are local to a zone unless they name another:
// DateTimeFormatter.withZone.
func (f Format) ParseIn(text string, zone *time.Location) (int64, error) {
	if f.read == nil {
		return f.Parse(text)
	}
	return Format{all(func(b *bucket, _ string, at int) int {
		b.zone = zone
		return at
	}, f.read)}.Parse(text)
}

// InferZone is DateTimes.inferTzFromString for text: a zone of the database, an offset,
// or one of Java's old names; anything else is UTC.
func InferZone(name string) *time.Location {
	zone, err := chrono.FindZone(name)
	if err != nil {
		return time.UTC
	}
	if loc, ok := fixedZone(zone.String()); ok {
		return loc
	}
	loc, err := time.LoadLocation(zone.String())
	if err != nil {
		return time.UTC
	}
	return loc
}

var offsetForm = regexp.MustCompile(`^([+-])(\d\d):(\d\d)$`)

func fixedZone(s string) (*time.Location, bool) {
	m := offsetForm.FindStringSubmatch(s)
	if m == nil {
		return nil, false
	}
	hours, _ := strconv.Atoi(m[2])   // digits, because the expression matched
	minutes, _ := strconv.Atoi(m[3]) // likewise
	seconds := (hours*60 + minutes) * 60
	if m[1] == "-" {
		seconds = -seconds
	}
	return time.FixedZone(s, seconds), true
}
