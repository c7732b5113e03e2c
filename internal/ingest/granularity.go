package ingest

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"oakmoot/internal/druid"
)

// granularity cuts timestamps to the start of their bucket.
type granularity interface {
	Truncate(druid.Timestamp) druid.Timestamp
}

type noGranularity struct{}

func (noGranularity) Truncate(t druid.Timestamp) druid.Timestamp { return t }

type fixed time.Duration

func (f fixed) Truncate(t druid.Timestamp) druid.Timestamp {
	ms := druid.Timestamp(time.Duration(f).Milliseconds())
	return t - ((t%ms)+ms)%ms
}

func parseGranularity(raw json.RawMessage) (granularity, json.RawMessage, error) {
	var name string
	if len(raw) == 0 || string(raw) == "null" {
		name = "none"
	} else if err := json.Unmarshal(raw, &name); err != nil {
		return nil, nil, err
	}
	switch strings.ToLower(name) {
	case "none":
		return noGranularity{}, json.RawMessage(`{"type":"none"}`), nil
	case "second":
		return fixed(time.Second), json.RawMessage(`{"type":"period","period":"PT1S","timeZone":"UTC","origin":null}`), nil
	case "minute":
		return fixed(time.Minute), json.RawMessage(`{"type":"period","period":"PT1M","timeZone":"UTC","origin":null}`), nil
	case "hour":
		return fixed(time.Hour), json.RawMessage(`{"type":"period","period":"PT1H","timeZone":"UTC","origin":null}`), nil
	case "day":
		return fixed(24 * time.Hour), json.RawMessage(`{"type":"period","period":"P1D","timeZone":"UTC","origin":null}`), nil
	}
	return nil, nil, fmt.Errorf("%q is not known", name)
}
