package ingest

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"oakmoot/internal/druid"
)

// timestampSpec says which field is the time and how it is written:
// TimestampSpec, with the keys in Java's order.
type timestampSpec struct {
	Column       string  `json:"column"`       // "timestamp" when empty
	Format       string  `json:"format"`       // "auto" when empty
	MissingValue *string `json:"missingValue"` // for records without a time

	parse   func(string) (druid.Timestamp, error)
	missing druid.Timestamp
}

var errNullTimestamp = errors.New("Null timestamp in input")

func (s *timestampSpec) prepare() error {
	if s.Column == "" {
		s.Column = "timestamp"
	}
	if s.Format == "" {
		s.Format = "auto"
	}
	if s.MissingValue != nil {
		var err error
		if s.missing, err = druid.ParseTimestamp(*s.MissingValue); err != nil {
			return fmt.Errorf("missingValue: %w", err)
		}
		written := s.missing.String()
		s.MissingValue = &written
	}
	var err error
	s.parse, err = timestampParser(s.Format)
	return err
}

func (s *timestampSpec) extract(event map[string]any) (druid.Timestamp, error) {
	v := event[s.Column]
	if list, ok := v.([]any); ok && len(list) == 1 {
		v = list[0]
	}
	switch v := v.(type) {
	case nil:
		if s.MissingValue == nil {
			return 0, errNullTimestamp
		}
		return s.missing, nil
	case int64:
		if scale, ok := timestampUnits[strings.ToLower(s.Format)]; ok {
			return scale(v), nil
		}
	case float64:
		if strings.EqualFold(s.Format, "ruby") {
			return druid.Timestamp(v * 1000), nil
		}
		if scale, ok := timestampUnits[strings.ToLower(s.Format)]; ok {
			return scale(int64(v)), nil
		}
	}
	return s.parse(text(v))
}

// timestampUnits are the formats in which a time may be a number.
var timestampUnits = map[string]func(int64) druid.Timestamp{
	"auto":   func(n int64) druid.Timestamp { return druid.Timestamp(n) },
	"millis": func(n int64) druid.Timestamp { return druid.Timestamp(n) },
	"posix":  func(n int64) druid.Timestamp { return druid.Timestamp(n * 1000) },
	"ruby":   func(n int64) druid.Timestamp { return druid.Timestamp(n * 1000) },
	"micro":  func(n int64) druid.Timestamp { return druid.Timestamp(n / 1000) },
	"nano":   func(n int64) druid.Timestamp { return druid.Timestamp(n / 1_000_000) },
}

// timestampParser reads times that are strings: TimestampParser.
func timestampParser(format string) (func(string) (druid.Timestamp, error), error) {
	switch lower := strings.ToLower(format); lower {
	case "auto":
		return parseAuto, nil
	case "iso":
		return func(s string) (druid.Timestamp, error) { return druid.ParseTimestamp(stripQuotes(s)) }, nil
	case "ruby":
		return func(s string) (druid.Timestamp, error) {
			f, err := strconv.ParseFloat(stripQuotes(s), 64)
			return druid.Timestamp(f * 1000), err
		}, nil
	case "posix", "millis", "micro", "nano":
		scale := timestampUnits[lower]
		return func(s string) (druid.Timestamp, error) {
			n, err := strconv.ParseInt(stripQuotes(s), 10, 64)
			return scale(n), err
		}, nil
	}
	pattern, err := compileJoda(format)
	if err != nil {
		return nil, err
	}
	return func(s string) (druid.Timestamp, error) { return pattern.parse(stripQuotes(s)) }, nil
}

// parseAuto reads milliseconds, or an ISO time whose T may be a blank and which
// a zone's name may follow.
func parseAuto(s string) (druid.Timestamp, error) {
	if strings.Trim(s, "0123456789") == "" && s != "" {
		n, err := strconv.ParseInt(s, 10, 64)
		return druid.Timestamp(n), err
	}
	s = stripQuotes(s)
	zone := time.UTC
	if at := strings.LastIndexByte(s, ' '); at > 2 {
		if loc, ok := zoneNamed(s[at+1:]); ok {
			s, zone = s[:at], loc
		}
	}
	t, err := druid.ParseTimestamp(strings.Replace(s, " ", "T", 1))
	if err != nil || zone == time.UTC {
		return t, err
	}
	local := t.Time()
	return druid.At(time.Date(local.Year(), local.Month(), local.Day(), local.Hour(), local.Minute(), local.Second(), local.Nanosecond(), zone)), nil
}

func zoneNamed(name string) (*time.Location, bool) {
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		return nil, false
	}
	loc, err := time.LoadLocation(name)
	return loc, err == nil && name != "Local"
}

func stripQuotes(s string) string {
	if len(s) > 1 && s[0] == '"' && s[len(s)-1] == '"' {
		return strings.TrimSpace(s[1 : len(s)-1])
	}
	return strings.TrimSpace(s)
}
