package query

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"oakmoot/internal/druid"
)

// granularity divides time into buckets.
type granularity interface {
	Bucket(druid.Timestamp) druid.Interval
}

type allTime struct{}

func (allTime) Bucket(druid.Timestamp) druid.Interval { return druid.Eternity }

type fixed time.Duration

func (f fixed) Bucket(t druid.Timestamp) druid.Interval {
	ms := druid.Timestamp(time.Duration(f).Milliseconds())
	start := t - ((t%ms)+ms)%ms
	return druid.Interval{Start: start, End: start + ms}
}

func parseGranularity(raw json.RawMessage) (granularity, error) {
	var name string
	if len(raw) == 0 {
		return nil, bad("java.lang.NullPointerException", "Must specify a granularity")
	}
	if err := json.Unmarshal(raw, &name); err != nil {
		return nil, fmt.Errorf("granularity: %w", err)
	}
	switch strings.ToLower(name) {
	case "all":
		return allTime{}, nil
	case "none":
		return fixed(time.Millisecond), nil
	case "second":
		return fixed(time.Second), nil
	case "minute":
		return fixed(time.Minute), nil
	case "hour":
		return fixed(time.Hour), nil
	case "day":
		return fixed(24 * time.Hour), nil
	}
	return nil, fmt.Errorf("granularity %q is not known", name)
}
