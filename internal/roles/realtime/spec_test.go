package realtime

import (
	"strings"
	"testing"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/node"
)

const minute = 60_000

func TestRejectionPolicies(t *testing.T) {
	const window = 10 * time.Second
	now := druid.Timestamp(100 * minute)
	tests := []struct {
		policy string
		before druid.Timestamp // an earlier row
		row    druid.Timestamp
		want   bool
	}{
		{"serverTime", now, now - 10_000, true},
		{"serverTime", now, now - 10_001, false},
		{"serverTime", now, now + 10_000, true},
		{"serverTime", now, now + 10_001, false},
		{"messageTime", 5 * minute, 5*minute - 10_000, true},
		{"messageTime", 5 * minute, 5*minute - 10_001, false},
		{"messageTime", 5 * minute, 500 * minute, true},
		{"none", now, 0, true},
	}
	for _, tt := range tests {
		p, err := newRejection(tt.policy, window)
		if err != nil {
			t.Fatal(err)
		}
		p.accept(tt.before, now)
		if got := p.accept(tt.row, now); got != tt.want {
			t.Errorf("%s takes row of %d after %d at %d: got %t, want %t", tt.policy, tt.row, tt.before, now, got, tt.want)
		}
	}
}

func TestHandoffLimitIsAWindowBehindTheClock(t *testing.T) {
	buckets, err := druid.ParseGranularity("MINUTE")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ clock, want druid.Timestamp }{
		{0, 0},
		{5*minute + 9_999, 4 * minute},
		{5*minute + 10_000, 5 * minute},
	} {
		if got := handoffLimit(buckets, 10*time.Second, tt.clock); got != tt.want {
			t.Errorf("clock %d: got %d, want %d", tt.clock, got, tt.want)
		}
	}
}

func TestNextPassIsWhenTheNextBucketIsDue(t *testing.T) {
	buckets, err := druid.ParseGranularity("MINUTE")
	if err != nil {
		t.Fatal(err)
	}
	at := func(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
	for _, tt := range []struct{ now, want time.Time }{
		{at(5*minute + 9_000), at(5*minute + 10_000)},
		{at(5*minute + 10_000), at(6*minute + 10_000)},
		{at(5*minute + 50_000), at(6*minute + 10_000)},
	} {
		if got := nextPass(buckets, 10*time.Second, tt.now); !got.Equal(tt.want) {
			t.Errorf("at %s: got %s, want %s", tt.now, got, tt.want)
		}
	}
}

func TestSpecDefaultsAreDruids(t *testing.T) {
	all, err := parseSpec([]byte(`[{"dataSchema":{"dataSource":"d","parser":{"type":"map","parseSpec":{"format":"json","timestampSpec":{"column":"t"},"dimensionsSpec":{}}},
		"metricsSpec":[],"granularitySpec":{"type":"uniform","segmentGranularity":"HOUR"}},
		"ioConfig":{"type":"realtime","firehose":{"type":"receiver","serviceName":"d"}}}]`))
	if err != nil {
		t.Fatal(err)
	}
	got := all[0].tuning
	if got.maxRows != 1_000_000 || got.persistPeriod != 10*time.Minute || got.window != 10*time.Minute || got.shardSpec.Type != "none" {
		t.Errorf("got %+v, want 1000000 rows, ten minutes twice, and no shards", got)
	}
	hour := druid.Interval{Start: 0, End: 60 * minute}
	if v := got.version(hour); v != "1970-01-01T00:00:00.000Z" {
		t.Errorf("version: got %q, want the interval's start", v)
	}
}

func TestWrongSpecsAreRefused(t *testing.T) {
	one := strings.TrimSuffix(strings.TrimPrefix(spec(receiverJSON, ""), "["), "]")
	tests := map[string]struct{ spec, want string }{
		"no JSON":             {"nonsense", "invalid character"},
		"no array":            {one, "cannot unmarshal"},
		"two of a partition":  {"[" + one + "," + one + "]", "fire department 1: partition 0 of datasource edits has one already"},
		"no ioConfig":         {strings.Replace(spec(receiverJSON, ""), `"type":"realtime","firehose"`, `"type":"index","firehose"`, 1), `ioConfig is of type "index"`},
		"flushing plumber":    {strings.Replace(spec(receiverJSON, ""), `"plumber":{"type":"realtime"}`, `"plumber":{"type":"flushing"}`, 1), `plumber of type "flushing"`},
		"unknown policy":      {spec(receiverJSON, `,"rejectionPolicy":{"type":"maybe"}`), `rejectionPolicy of type "maybe"`},
		"custom, no version":  {spec(receiverJSON, `,"versioningPolicy":{"type":"custom"}`), "needs a version"},
		"unknown versioning":  {spec(receiverJSON, `,"versioningPolicy":{"type":"x"}`), `versioningPolicy of type "x"`},
		"one bucket for ever": {strings.Replace(spec(receiverJSON, ""), `"segmentGranularity":"MINUTE"`, `"segmentGranularity":"ALL"`, 1), "segmentGranularity must divide time"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := parseSpec([]byte(tt.spec))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error with %q", err, tt.want)
			}
		})
	}
}

func TestWrongFirehosesAreRefused(t *testing.T) {
	for firehose, want := range map[string]string{
		`{"type":"kafka"}`:                       `type "kafka" is not known`,
		`{"type":"replay","rate":1}`:             "needs a file",
		`{"type":"replay","file":"f","rate":-1}`: "not negative",
		`{"type":"generator"}`:                   "rate above zero",
		`{"type":"receiver"}`:                    "serviceName",
		`7`:                                      "cannot unmarshal",
	} {
		all, err := parseSpec([]byte(spec(firehose, "")))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parseFirehose(all[0], node.Env{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want an error with %q", firehose, err, want)
		}
	}
}

func TestServerViewDecidesAHandoffAsTheCoordinatorDoes(t *testing.T) {
	hour := druid.Interval{Start: 0, End: 60 * minute}
	of := func(i druid.Interval, version string, partition int, server string) served {
		return served{
			druid.DataSegment{DataSource: "d", Interval: i, Version: version, ShardSpec: druid.LinearShardSpec(partition)},
			[]druid.ServerMetadata{{Name: "h", Type: server}},
		}
	}
	wanted := of(hour, "v2", 1, "").Segment
	tests := map[string]struct {
		view served
		want bool
	}{
		"the same":           {of(hour, "v2", 1, druid.TypeHistorical), true},
		"a newer version":    {of(hour, "v3", 1, druid.TypeHistorical), true},
		"an older version":   {of(hour, "v1", 1, druid.TypeHistorical), false},
		"another partition":  {of(hour, "v2", 0, druid.TypeHistorical), false},
		"a larger interval":  {of(druid.Interval{Start: 0, End: 120 * minute}, "v2", 1, druid.TypeHistorical), true},
		"a part of it":       {of(druid.Interval{Start: 0, End: 30 * minute}, "v2", 1, druid.TypeHistorical), false},
		"on a realtime node": {of(hour, "v2", 1, druid.TypeRealtime), false},
		"on a peon":          {of(hour, "v2", 1, druid.TypeIndexerExecutor), false},
	}
	for name, tt := range tests {
		if got := takenOver(wanted, []served{tt.view}); got != tt.want {
			t.Errorf("%s: got %t, want %t", name, got, tt.want)
		}
	}
}
