package druid

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// Period is a span of calendar fields, as ISO 8601 writes it: P1D, PT1H, P3M.
type Period struct {
	Years, Months, Weeks, Days int
	Time                       time.Duration // hours and below
	text                       string
}

var isoPeriod = regexp.MustCompile(`^P(?:(-?\d+)Y)?(?:(-?\d+)M)?(?:(-?\d+)W)?(?:(-?\d+)D)?(?:T(?:(-?\d+)H)?(?:(-?\d+)M)?(?:(-?\d+(?:\.\d{1,9})?)S)?)?$`)

// ParsePeriod reads an ISO 8601 period.
func ParsePeriod(s string) (Period, error) {
	m := isoPeriod.FindStringSubmatch(s)
	if m == nil || s == "P" || s[len(s)-1] == 'T' {
		return Period{}, fmt.Errorf("invalid format: %q is not a period", s)
	}
	number := func(i int) int {
		n, _ := strconv.Atoi(m[i]) // digits or nothing, by the expression
		return n
	}
	seconds, _ := strconv.ParseFloat(m[7], 64) // likewise
	return Period{
		Years: number(1), Months: number(2), Weeks: number(3), Days: number(4), text: s,
		Time: time.Duration(number(5))*time.Hour + time.Duration(number(6))*time.Minute + time.Duration(seconds*float64(time.Second)),
	}, nil
}

// After is the instant that comes a period after t.
func (p Period) After(t Timestamp) Timestamp { return p.shift(t, 1) }

// Before is the instant that comes a period before t.
func (p Period) Before(t Timestamp) Timestamp { return p.shift(t, -1) }

// shift adds months first, keeping to the end of a shorter month as Joda does, and
// then what has a fixed length.
func (p Period) shift(t Timestamp, sign int) Timestamp {
	g := t.Time()
	if months := sign * (12*p.Years + p.Months); months != 0 {
		first := time.Date(g.Year(), g.Month()+time.Month(months), 1, 0, 0, 0, 0, time.UTC)
		day := min(g.Day(), daysIn(first.Year(), int(first.Month())))
		g = time.Date(first.Year(), first.Month(), day, g.Hour(), g.Minute(), g.Second(), g.Nanosecond(), time.UTC)
	}
	g = g.AddDate(0, 0, sign*(7*p.Weeks+p.Days))
	return At(g) + Timestamp(sign)*Timestamp(p.Time.Milliseconds())
}

// Duration is the period's length with months of 30 and years of 365 days:
// toStandardDuration of Joda, which refuses those two.
func (p Period) Duration() time.Duration {
	days := 365*p.Years + 30*p.Months + 7*p.Weeks + p.Days
	return time.Duration(days)*24*time.Hour + p.Time
}

// IsZero tells whether it is the zero Period.
func (p Period) IsZero() bool {
	return p.Years == 0 && p.Months == 0 && p.Weeks == 0 && p.Days == 0 && p.Time == 0
}

func (p Period) String() string { return p.text }

// MarshalJSON writes the period as it was read.
func (p Period) MarshalJSON() ([]byte, error) { return quote(p.text), nil }

// UnmarshalJSON reads an ISO 8601 period, or milliseconds.
func (p *Period) UnmarshalJSON(b []byte) error {
	if ms, err := strconv.ParseInt(string(b), 10, 64); err == nil {
		b = fmt.Appendf(nil, `"PT%d.%03dS"`, ms/1000, ms%1000)
	}
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	parsed, err := ParsePeriod(s)
	*p = parsed
	return err
}
