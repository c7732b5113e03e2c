package ingest

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"

	"oakmoot/internal/druid"
	"oakmoot/internal/druid/joda"
)

// timestampSpec says which field is the time and how it is written: TimestampSpec, with
// the keys in Java's order.
type timestampSpec struct {
	Column       string    `json:"column"`
	Format       string    `json:"format"`
	MissingValue *timeText `json:"missingValue"` // for records without a time

	parse   func(string) (druid.Timestamp, error)
	missing druid.Timestamp
}

// timeText is a time that may also be given as milliseconds.
type timeText string

func (t *timeText) UnmarshalJSON(b []byte) error {
	var millis int64
	if json.Unmarshal(b, &millis) == nil {
		*t = timeText(druid.Timestamp(millis).String())
		return nil
	}
	return json.Unmarshal(b, (*string)(t))
}

// defaultTimestampSpec applies where keys are absent or null.
var defaultTimestampSpec = timestampSpec{Column: "timestamp", Format: "auto"}

func (s *timestampSpec) UnmarshalJSON(b []byte) error {
	type plain timestampSpec
	*s = defaultTimestampSpec
	return json.Unmarshal(b, (*plain)(s))
}

// badMissingValue says that missingValue is not a time.
type badMissingValue struct{ error }

func (s *timestampSpec) prepare() error {
	if s.MissingValue != nil {
		var err error
		if s.missing, err = druid.ParseTimestamp(string(*s.MissingValue)); err != nil {
			return &badMissingValue{err}
		}
		written := timeText(s.missing.String())
		s.MissingValue = &written
	}
	var err error
	s.parse, err = timestampParser(s.Format)
	return err
}

var errNullTimestamp = errors.New("Null timestamp in input")

// extract returns the time of a record. A number is read as a number whatever the
// format says, and as milliseconds if it says nothing about numbers.
func (s *timestampSpec) extract(v any) (druid.Timestamp, error) {
	switch v := v.(type) {
	case nil:
		if s.MissingValue == nil {
			return 0, errNullTimestamp
		}
		return s.missing, nil
	case int64:
		return timestampOf(s.Format, v, float64(v)), nil
	case float64:
		return timestampOf(s.Format, druid.ToLong(v), v), nil
	}
	return s.parse(text(v))
}

// timestampOf is createNumericTimestampParser. Seconds saturate at the ends of a long.
func timestampOf(format string, n int64, f float64) druid.Timestamp {
	switch strings.ToLower(format) {
	case "posix":
		switch {
		case n > math.MaxInt64/1000:
			return math.MaxInt64
		case n < math.MinInt64/1000:
			return math.MinInt64
		}
		return druid.Timestamp(n * 1000)
	case "micro":
		return druid.Timestamp(n / 1000)
	case "nano":
		return druid.Timestamp(n / 1_000_000)
	case "ruby":
		return druid.Timestamp(druid.ToLong(f * 1000))
	}
	return druid.Timestamp(n)
}

// timestampParser reads times given as strings: TimestampParser.
func timestampParser(format string) (func(string) (druid.Timestamp, error), error) {
	switch strings.ToLower(format) {
	case "auto":
		return parseAuto, nil
	case "iso":
		return unquoted(druid.ParseTimestamp), nil
	case "posix", "millis", "micro", "nano":
		return unquoted(func(s string) (druid.Timestamp, error) {
			n, err := druid.ParseLong(s)
			return timestampOf(format, n, float64(n)), err
		}), nil
	case "ruby":
		return unquoted(func(s string) (druid.Timestamp, error) {
			f, ok := druid.ParseDouble(s)
			if !ok {
				return 0, fmt.Errorf("For input string: %q", s)
			}
			return timestampOf(format, 0, f), nil
		}), nil
	}
	pattern, err := joda.Pattern(format)
	if err != nil {
		return nil, err // Jackson reports only the cause
	}
	return parseWith(pattern), nil
}

func parseWith(f joda.Format) func(string) (druid.Timestamp, error) {
	return unquoted(func(s string) (druid.Timestamp, error) {
		millis, err := f.Parse(s)
		return druid.Timestamp(millis), err
	})
}

// parseAuto reads milliseconds, or an ISO time with a T or a blank. The name of a zone
// after the time is removed and changes nothing: the time is in UTC.
func parseAuto(s string) (druid.Timestamp, error) {
	if s != "" && strings.Trim(s, "0123456789") == "" {
		n, err := druid.ParseLong(s)
		return druid.Timestamp(n), err
	}
	return parseISOBeforeZone(s)
}

var parseISOBeforeZone = unquoted(func(s string) (druid.Timestamp, error) {
	if at := strings.LastIndexByte(s, ' '); at > 0 && joda.IsZone(s[at+1:]) {
		s = s[:at]
	}
	millis, err := joda.Auto.Parse(s)
	return druid.Timestamp(millis), err
})

// unquoted strips blanks and quotes first: ParserUtils.stripQuotes, for which an empty
// text is an error.
func unquoted(parse func(string) (druid.Timestamp, error)) func(string) (druid.Timestamp, error) {
	return func(s string) (druid.Timestamp, error) {
		if s == "" {
			return 0, errors.New("null timestamp")
		}
		s = druid.TrimJava(s)
		if s == "" || s == `"` {
			return 0, errors.New("String index out of range")
		}
		if s[0] == '"' && s[len(s)-1] == '"' {
			s = druid.TrimJava(s[1 : len(s)-1])
		}
		return parse(s)
	}
}
