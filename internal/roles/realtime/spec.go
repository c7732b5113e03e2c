package realtime

import (
	"encoding/json"
	"fmt"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/ingest"
	"oakmoot/internal/rows/segment"
)

// department is one stream and how it is processed: FireDepartment.
type department struct {
	schema   *ingest.Schema
	buckets  druid.Granularity // segmentGranularity
	firehose json.RawMessage
	tuning   tuning
}

// tuning is RealtimeTuningConfig.
type tuning struct {
	maxRows       int // in memory, for one sink
	persistPeriod time.Duration
	window        time.Duration
	rejection     string
	version       func(druid.Interval) string
	shardSpec     druid.ShardSpec
	baseDir       string // basePersistDirectory; "" means the node's own directory
	handoffLimit  time.Duration
	indexSpec     segment.IndexSpec
}

// parseSpec reads druid.realtime.specFile. Two departments of one datasource need
// different partitions.
func parseSpec(raw []byte) ([]*department, error) {
	var list []json.RawMessage
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, fmt.Errorf("realtime spec: %w", err)
	}
	type place struct {
		dataSource string
		partition  int
	}
	taken := make(map[place]bool)
	var all []*department
	for i, one := range list {
		d, err := parseDepartment(one)
		if err != nil {
			return nil, fmt.Errorf("realtime spec: fire department %d: %w", i, err)
		}
		at := place{d.schema.DataSource, d.tuning.shardSpec.PartitionNum}
		if taken[at] {
			return nil, fmt.Errorf("realtime spec: fire department %d: partition %d of datasource %s has one already", i, at.partition, at.dataSource)
		}
		taken[at] = true
		all = append(all, d)
	}
	return all, nil
}

func parseDepartment(raw json.RawMessage) (*department, error) {
	var spec struct {
		DataSchema druid.DataSchema `json:"dataSchema"`
		IOConfig   struct {
			Type     string          `json:"type"`
			Firehose json.RawMessage `json:"firehose"`
			Plumber  struct {
				Type string `json:"type"`
			} `json:"plumber"`
		} `json:"ioConfig"`
		TuningConfig json.RawMessage `json:"tuningConfig"`
	}
	if err := json.Unmarshal(raw, &spec); err != nil {
		return nil, err
	}
	if t := spec.IOConfig.Type; t != "realtime" {
		return nil, fmt.Errorf("ioConfig is of type %q, want realtime", t)
	}
	if t := spec.IOConfig.Plumber.Type; t != "" && t != "realtime" {
		return nil, fmt.Errorf("plumber of type %q is not supported, only realtime", t)
	}
	schema, err := ingest.NewSchema(spec.DataSchema)
	if err != nil {
		return nil, err
	}
	d := &department{schema: schema, buckets: spec.DataSchema.GranularitySpec.SegmentGranularity, firehose: spec.IOConfig.Firehose}
	if d.buckets.IsAll() || d.buckets.IsNone() {
		return nil, fmt.Errorf("segmentGranularity must divide time into buckets")
	}
	d.tuning, err = parseTuning(spec.TuningConfig)
	return d, err
}

// Druid's defaults of a realtime tuningConfig.
const (
	defaultMaxRows = 1_000_000
	defaultPeriod  = 10 * time.Minute // of intermediatePersistPeriod and windowPeriod
)

func parseTuning(raw json.RawMessage) (tuning, error) {
	spec := struct {
		MaxRowsInMemory           *int            `json:"maxRowsInMemory"`
		IntermediatePersistPeriod *druid.Period   `json:"intermediatePersistPeriod"`
		WindowPeriod              *druid.Period   `json:"windowPeriod"`
		BasePersistDirectory      string          `json:"basePersistDirectory"`
		HandoffConditionTimeout   int64           `json:"handoffConditionTimeout"` // milliseconds
		ShardSpec                 druid.ShardSpec `json:"shardSpec"`
		RejectionPolicy           struct {
			Type string `json:"type"`
		} `json:"rejectionPolicy"`
		VersioningPolicy struct {
			Type    string `json:"type"`
			Version string `json:"version"`
		} `json:"versioningPolicy"`
		IndexSpec struct {
			Bitmap struct {
				Type string `json:"type"`
			} `json:"bitmap"`
			DimensionCompression string `json:"dimensionCompression"`
			MetricCompression    string `json:"metricCompression"`
		} `json:"indexSpec"`
	}{ShardSpec: druid.NoneShardSpec()}
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &spec); err != nil {
			return tuning{}, fmt.Errorf("tuningConfig: %w", err)
		}
	}
	t := tuning{
		maxRows: defaultMaxRows, persistPeriod: periodOr(spec.IntermediatePersistPeriod), window: periodOr(spec.WindowPeriod),
		rejection: spec.RejectionPolicy.Type, shardSpec: spec.ShardSpec, baseDir: spec.BasePersistDirectory,
		handoffLimit: time.Duration(spec.HandoffConditionTimeout) * time.Millisecond,
		indexSpec:    segment.IndexSpec{Bitmap: spec.IndexSpec.Bitmap.Type, DimensionCompression: spec.IndexSpec.DimensionCompression, MetricCompression: spec.IndexSpec.MetricCompression},
	}
	if spec.MaxRowsInMemory != nil && *spec.MaxRowsInMemory > 0 {
		t.maxRows = *spec.MaxRowsInMemory
	}
	if _, err := newRejection(t.rejection, t.window); err != nil {
		return t, fmt.Errorf("tuningConfig: %w", err)
	}
	var err error
	if t.version, err = versioning(spec.VersioningPolicy.Type, spec.VersioningPolicy.Version); err != nil {
		return t, fmt.Errorf("tuningConfig: %w", err)
	}
	return t, nil
}

func periodOr(p *druid.Period) time.Duration {
	if p == nil {
		return defaultPeriod
	}
	return p.Duration()
}

// versioning returns how a sink's version is chosen: VersioningPolicy.
func versioning(kind, version string) (func(druid.Interval) string, error) {
	switch kind {
	case "", "intervalStart":
		return func(i druid.Interval) string { return i.Start.String() }, nil
	case "custom":
		if version == "" {
			return nil, fmt.Errorf("versioningPolicy custom needs a version")
		}
		return func(druid.Interval) string { return version }, nil
	}
	return nil, fmt.Errorf("versioningPolicy of type %q is not known", kind)
}
