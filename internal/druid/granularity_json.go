package druid

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"oakmoot/internal/druid/chrono"
)

var errBackwards = errors.New("The end instant must be greater than the start instant")

const abstractGranularity = "Can not instantiate abstract type [simple type, class org.apache.druid.java.util.common.granularity.Granularity] (need to add/enable type information?)"

// UnmarshalJSON reads a name, or an object of type all, none, period or duration. Its
// errors are Jackson's.
func (g *Granularity) UnmarshalJSON(b []byte) (err error) {
	if len(b) > 0 && b[0] == '"' {
		var name string
		if err := json.Unmarshal(b, &name); err != nil {
			return err
		}
		*g, err = ParseGranularity(name)
		return err
	}
	all, err := readFields(b)
	if err != nil {
		return fmt.Errorf("granularity: %w", err)
	}
	var kind string
	if raw, ok := all.get("type"); ok {
		_ = json.Unmarshal(raw, &kind) // a type that is no string counts as missing
	}
	switch kind {
	case "none":
		*g = GranularityNone
	case "all":
		*g = GranularityAll
	case "period":
		*g, err = readPeriodGranularity(all)
	case "duration":
		*g, err = readDurationGranularity(all)
	default:
		err = errors.New(abstractGranularity)
	}
	return err
}

// readPeriodGranularity makes the checks of PeriodGranularity's constructor. A period
// that goes backwards has no buckets, which Druid notices only when it is used.
func readPeriodGranularity(all fields) (Granularity, error) {
	var p Period
	raw, _ := all.get("period")
	if string(raw) == "null" || strings.Trim(string(raw), `" `) == "" {
		return Granularity{}, notMade("PeriodGranularity", "period can't be null!")
	}
	if err := p.UnmarshalJSON(raw); err != nil {
		return Granularity{}, ofGranularity(err, "period")
	}
	if p.IsZero() {
		return Granularity{}, notMade("PeriodGranularity", "zero period is not acceptable in QueryGranularity!")
	}
	origin, err := readOrigin(all)
	if err != nil {
		return Granularity{}, err
	}
	zone, err := readZone(all)
	if err != nil {
		return Granularity{}, ofGranularity(err, "timeZone")
	}
	g := periodOf(p, origin, zone)
	if g.Next(0) <= 0 {
		return Granularity{}, errBackwards
	}
	return g, nil
}

func ofGranularity(err error, key string) error {
	return fmt.Errorf("%w (through reference chain: org.apache.druid.java.util.common.granularity.PeriodGranularity[\"%s\"])", err, key)
}

// readZone reads a zone as DateTimes.inferTzFromString does, which takes a number as a
// name too.
func readZone(all fields) (*chrono.Zone, error) {
	raw, ok := all.get("timeZone")
	if !ok || string(raw) == "null" {
		return nil, nil
	}
	name := string(raw)
	switch raw[0] {
	case '"':
		if err := json.Unmarshal(raw, &name); err != nil {
			return nil, err
		}
	case '{', '[':
		return nil, fmt.Errorf("a time zone is a name, not %.40s", raw)
	}
	return chrono.FindZone(name)
}

// readOrigin reads the instant from which buckets are counted; nil is none.
func readOrigin(all fields) (*Timestamp, error) {
	raw, ok := all.get("origin")
	if !ok || string(raw) == "null" {
		return nil, nil
	}
	var t Timestamp
	if raw[0] != '"' {
		if json.Unmarshal(raw, (*int64)(&t)) != nil {
			token := map[byte]string{'t': "VALUE_TRUE", 'f': "VALUE_FALSE", '{': "START_OBJECT", '[': "START_ARRAY"}[raw[0]]
			if token == "" {
				token = "VALUE_NUMBER_FLOAT"
			}
			return nil, fmt.Errorf("Can not deserialize instance of org.joda.time.DateTime out of %s token", token)
		}
		return &t, nil
	}
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return nil, err
	}
	if s = strings.TrimSpace(s); s == "" {
		return nil, nil
	}
	t, err := ParseTimestamp(s)
	if err != nil {
		return nil, ofGranularity(err, "origin")
	}
	return &t, nil
}

// readDurationGranularity makes the checks of DurationGranularity's constructor.
func readDurationGranularity(all fields) (Granularity, error) {
	millis, err := readLong(all, "duration")
	if err != nil {
		return Granularity{}, err
	}
	if millis <= 0 {
		return Granularity{}, notMade("DurationGranularity", "duration should be greater than 0!")
	}
	origin, err := readOrigin(all)
	if err != nil {
		return Granularity{}, err
	}
	g := Granularity{kind: granularityDuration, millis: Timestamp(millis)}
	if origin != nil {
		g.origin = *origin % g.millis
	}
	return g, nil
}

// readLong reads a long as Jackson does, from a string too; a fraction is truncated.
func readLong(all fields, key string) (int64, error) {
	raw, ok := all.get(key)
	if !ok || string(raw) == "null" {
		return 0, nil
	}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
		if err != nil && text != "" {
			return 0, fmt.Errorf("Can not construct instance of long from String value '%s': not a valid Long value", text)
		}
		return n, nil
	}
	var f float64
	if n, err := strconv.ParseInt(string(raw), 10, 64); err == nil {
		return n, nil
	}
	if err := json.Unmarshal(raw, &f); err != nil {
		return 0, fmt.Errorf("Can not deserialize instance of long out of %.40s", raw)
	}
	return int64(f), nil
}

// MarshalJSON writes a standard period as its name and any other as an object:
// PeriodGranularity.serialize.
func (g Granularity) MarshalJSON() ([]byte, error) {
	switch g.kind {
	case granularityNone:
		return []byte(`{"type":"none"}`), nil
	case granularityAll:
		return []byte(`{"type":"all"}`), nil
	case granularityDuration:
		return Marshal(struct {
			Type     string    `json:"type"`
			Duration int64     `json:"duration"`
			Origin   Timestamp `json:"origin"`
		}{"duration", int64(g.millis), g.origin})
	}
	if name := g.period.standardName(); name != "" {
		return quote(name), nil
	}
	var origin *Timestamp
	if g.period.hasOrigin {
		at := Timestamp(g.period.origin)
		origin = &at
	}
	return Marshal(struct {
		Type   string     `json:"type"`
		Period Period     `json:"period"`
		Zone   string     `json:"timeZone"`
		Origin *Timestamp `json:"origin"`
	}{"period", g.period.period, g.period.zone().String(), origin})
}
