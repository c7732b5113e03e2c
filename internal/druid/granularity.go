package druid

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Granularity cuts time into buckets: all of it in one, none at all, a calendar
// period, or a fixed duration. Its zero value is none.
type Granularity struct {
	kind   granularityKind
	name   string // of a standard period, as Druid writes it
	period Period
	origin Timestamp
	millis Timestamp // of a duration
	raw    json.RawMessage
}

type granularityKind int

const (
	granularityNone granularityKind = iota
	granularityAll
	granularityPeriod
	granularityDuration
)

// standard are Druid's named granularities: GranularityType.
var standard = []struct{ name, period string }{
	{"SECOND", "PT1S"}, {"MINUTE", "PT1M"}, {"FIVE_MINUTE", "PT5M"}, {"TEN_MINUTE", "PT10M"}, {"FIFTEEN_MINUTE", "PT15M"},
	{"THIRTY_MINUTE", "PT30M"}, {"HOUR", "PT1H"}, {"SIX_HOUR", "PT6H"}, {"DAY", "P1D"}, {"WEEK", "P1W"},
	{"MONTH", "P1M"}, {"QUARTER", "P3M"}, {"YEAR", "P1Y"},
}

// The granularities that cut nothing and everything.
var (
	GranularityNone = Granularity{kind: granularityNone}
	GranularityAll  = Granularity{kind: granularityAll}
)

// ParseGranularity reads a granularity's name, in any case.
func ParseGranularity(name string) (Granularity, error) {
	upper := strings.ToUpper(name)
	switch upper {
	case "NONE":
		return GranularityNone, nil
	case "ALL":
		return GranularityAll, nil
	}
	for _, s := range standard {
		if s.name == upper {
			p, err := ParsePeriod(s.period)
			return Granularity{kind: granularityPeriod, name: s.name, period: p}, err
		}
	}
	return Granularity{}, fmt.Errorf("No enum constant org.apache.druid.java.util.common.granularity.GranularityType.%s", upper)
}

// UnmarshalJSON reads a name, or an object of type all, none, period or duration.
// Of a period only UTC is understood.
func (g *Granularity) UnmarshalJSON(b []byte) (err error) {
	if len(b) > 0 && b[0] == '"' {
		var name string
		if err := json.Unmarshal(b, &name); err != nil {
			return err
		}
		*g, err = ParseGranularity(name)
		return err
	}
	var o struct {
		Type, TimeZone string
		Period         Period
		Duration       int64
		Origin         *Timestamp
	}
	if err := json.Unmarshal(b, &o); err != nil {
		return fmt.Errorf("granularity: %w", err)
	}
	var origin Timestamp
	if o.Origin != nil {
		origin = *o.Origin
	}
	raw := append(json.RawMessage(nil), b...)
	switch o.Type {
	case "none":
		*g = GranularityNone
	case "all":
		*g = GranularityAll
	case "period":
		*g = Granularity{kind: granularityPeriod, period: o.Period, origin: origin, raw: raw}
		if o.TimeZone != "" && o.TimeZone != "UTC" && o.TimeZone != "Etc/UTC" {
			return fmt.Errorf("granularity: time zone %s is not supported, only UTC", o.TimeZone)
		}
		g.name = standardName(o.Period, o.Origin)
	case "duration":
		if o.Duration <= 0 {
			return fmt.Errorf("granularity: duration should be greater than 0!")
		}
		*g = Granularity{kind: granularityDuration, millis: Timestamp(o.Duration), origin: origin, raw: raw}
	default:
		return fmt.Errorf("granularity: unknown type %q", o.Type)
	}
	return nil
}

func standardName(p Period, origin *Timestamp) string {
	i := slices.IndexFunc(standard, func(s struct{ name, period string }) bool { return s.period == p.text })
	if i < 0 || origin != nil {
		return ""
	}
	return standard[i].name
}

// MarshalJSON writes a standard period by its name and others as objects.
func (g Granularity) MarshalJSON() ([]byte, error) {
	switch {
	case g.kind == granularityNone:
		return []byte(`{"type":"none"}`), nil
	case g.kind == granularityAll:
		return []byte(`{"type":"all"}`), nil
	case g.name != "":
		return quote(g.name), nil
	}
	return g.raw, nil
}

// IsAll tells whether all of time is one bucket, and IsNone whether each instant is.
func (g Granularity) IsAll() bool { return g.kind == granularityAll }

// IsNone tells whether time is not cut at all.
func (g Granularity) IsNone() bool { return g.kind == granularityNone }

// Truncate is the start of the bucket that holds t.
func (g Granularity) Truncate(t Timestamp) Timestamp {
	switch g.kind {
	case granularityNone:
		return t
	case granularityAll:
		return MinTimestamp
	case granularityDuration:
		return floor(t-g.origin, g.millis) + g.origin
	}
	p := g.period
	switch {
	case p.Years != 0 || p.Months != 0:
		return truncateMonths(t, 12*p.Years+p.Months)
	case p.Weeks != 0:
		const monday = 4 * 86_400_000 // the first Monday of 1970 was its fifth day
		return floor(t-monday, Timestamp(p.Weeks)*7*86_400_000) + monday
	}
	if width := Timestamp(p.Duration().Milliseconds()); width > 0 {
		return floor(t-g.origin, width) + g.origin
	}
	return t
}

// floor is the largest multiple of width that is not above t.
func floor(t, width Timestamp) Timestamp { return t - ((t%width)+width)%width }

func truncateMonths(t Timestamp, n int) Timestamp {
	g := t.Time()
	months := (g.Year()-1970)*12 + int(g.Month()) - 1
	months -= ((months % n) + n) % n
	return At(time.Date(1970, time.Month(months+1), 1, 0, 0, 0, 0, time.UTC))
}

// Bucket is the whole bucket that holds t.
func (g Granularity) Bucket(t Timestamp) Interval {
	start := g.Truncate(t)
	return Interval{start, g.Next(start)}
}

// Next is the start of the bucket behind the one that begins at start.
func (g Granularity) Next(start Timestamp) Timestamp {
	switch g.kind {
	case granularityNone:
		return start + 1
	case granularityAll:
		return MaxTimestamp
	case granularityDuration:
		return start + g.millis
	}
	return g.period.After(start)
}

// bucketLimit bounds how many buckets an interval is cut into.
const bucketLimit = 100_000

// Buckets are the buckets that hold a part of the interval, in order.
func (g Granularity) Buckets(i Interval) ([]Interval, error) {
	if g.kind == granularityNone {
		return nil, fmt.Errorf("granularity none has no buckets to speak of")
	}
	if g.kind == granularityAll {
		return []Interval{i}, nil
	}
	var buckets []Interval
	for b := g.Bucket(i.Start); b.Start < i.End; b = (Interval{b.End, g.Next(b.End)}) {
		if len(buckets) == bucketLimit {
			return nil, fmt.Errorf("interval %s has more than %d buckets", i, bucketLimit)
		}
		buckets = append(buckets, b)
	}
	return buckets, nil
}
