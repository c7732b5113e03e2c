package druid

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"oakmoot/internal/druid/chrono"
)

// Period is a span of calendar fields, as ISO 8601 writes it: P1D, PT1H, P3M.
type Period struct{ of chrono.Period }

// ParsePeriod reads an ISO 8601 period.
func ParsePeriod(s string) (Period, error) {
	p, err := chrono.ParsePeriod(s)
	return Period{p}, err
}

// After returns the instant one period after t.
func (p Period) After(t Timestamp) Timestamp { return Timestamp(chrono.UTC.Plus(int64(t), p.of, 1)) }

// Before returns the instant one period before t.
func (p Period) Before(t Timestamp) Timestamp { return Timestamp(chrono.UTC.Plus(int64(t), p.of, -1)) }

// Duration returns the period's length with months of 30 and years of 365 days:
// toStandardDuration of Joda, which refuses those two.
func (p Period) Duration() time.Duration {
	millis, _ := p.of.Exact()
	days := 365*int64(p.of[chrono.Years]) + 30*int64(p.of[chrono.Months])
	return time.Duration(days)*24*time.Hour + time.Duration(millis)*time.Millisecond
}

// IsZero reports whether it is the zero Period.
func (p Period) IsZero() bool { return p == Period{} }

// String is the period as Joda writes it.
func (p Period) String() string { return p.of.String() }

// MarshalJSON writes the period as Joda does.
func (p Period) MarshalJSON() ([]byte, error) { return quote(p.String()), nil }

// UnmarshalJSON reads an ISO 8601 period, or a length in milliseconds, which Joda turns
// into hours and smaller fields: PeriodDeserializer of Jackson's Joda module.
func (p *Period) UnmarshalJSON(b []byte) error {
	var millis int64
	if json.Unmarshal(b, &millis) == nil && string(b) != "null" {
		*p = Period{chrono.OfMillis(millis)}
		return nil
	}
	var s *string
	if err := json.Unmarshal(b, &s); err != nil {
		return fmt.Errorf("expected JSON Number, String or Object")
	}
	*p = Period{}
	if s == nil || strings.TrimSpace(*s) == "" {
		return nil
	}
	parsed, err := ParsePeriod(strings.TrimSpace(*s))
	*p = parsed
	return err
}
