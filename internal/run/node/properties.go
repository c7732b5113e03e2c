package node

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"oakmoot/internal/druid"
)

// Properties are the Druid runtime properties of one node, by their full names. A value that is not valid for its
// property counts as not set.
type Properties map[string]string

// String is the property's value, or def when it is not set.
func (p Properties) String(key, def string) string {
	if v, ok := p[key]; ok {
		return v
	}
	return def
}

// Int is the property's value as an int.
func (p Properties) Int(key string, def int) int {
	if n, err := strconv.Atoi(p[key]); err == nil {
		return n
	}
	return def
}

// Int64 is the property's value as an int64.
func (p Properties) Int64(key string, def int64) int64 {
	if n, err := strconv.ParseInt(p[key], 10, 64); err == nil {
		return n
	}
	return def
}

// Float is the property's value as a float64.
func (p Properties) Float(key string, def float64) float64 {
	if f, err := strconv.ParseFloat(p[key], 64); err == nil {
		return f
	}
	return def
}

// Bool is the property's value as a bool.
func (p Properties) Bool(key string, def bool) bool {
	if b, err := strconv.ParseBool(p[key]); err == nil {
		return b
	}
	return def
}

// Duration is the property's value as a duration: an ISO 8601 period such as PT1S, or a number of milliseconds; Druid
// uses both.
func (p Properties) Duration(key string, def time.Duration) time.Duration {
	v, ok := p[key]
	if !ok {
		return def
	}
	d, err := parseDuration(v)
	if err != nil {
		return def
	}
	return d
}

// Every is Duration for an interval between repetitions, which is at least a millisecond: anything shorter counts as
// not set. In Druid such a process does not start.
func (p Properties) Every(key string, def time.Duration) time.Duration {
	if d := p.Duration(key, def); d >= time.Millisecond {
		return d
	}
	return def
}

func parseDuration(text string) (time.Duration, error) {
	if ms, err := strconv.ParseInt(text, 10, 64); err == nil {
		return time.Duration(ms) * time.Millisecond, nil
	}
	period, err := druid.ParsePeriod(text)
	if err != nil {
		return 0, fmt.Errorf("%q is neither a period nor a number of milliseconds", text)
	}
	return period.Duration(), nil
}

// hiddenByDefault is what /status/properties leaves out unless
// druid.server.hiddenProperties says otherwise: DruidServerConfig.
var hiddenByDefault = []string{"druid.s3.accessKey", "druid.s3.secretKey", "druid.metadata.storage.connector.password"}

// shown is the properties that others may see.
func (p Properties) shown() map[string]string {
	hidden := hiddenByDefault
	var own []string
	if json.Unmarshal([]byte(p["druid.server.hiddenProperties"]), &own) == nil {
		hidden = own
	}
	all := map[string]string{}
	for key, value := range p {
		if !slices.Contains(hidden, key) {
			all[key] = value
		}
	}
	return all
}
