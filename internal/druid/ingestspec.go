package druid

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
)

// DataSchema describes how rows are ingested:
// org.apache.druid.segment.indexing.DataSchema.
type DataSchema struct {
	DataSource      string
	Parser          json.RawMessage
	MetricsSpec     []AggregatorFactory
	GranularitySpec GranularitySpec
	TransformSpec   json.RawMessage
}

func (s *DataSchema) members() []member {
	return []member{
		{key: "dataSource", value: &s.DataSource},
		{key: "parser", value: (*rawOrNull)(&s.Parser)},
		{key: "metricsSpec", value: &s.MetricsSpec},
		{key: "granularitySpec", value: &s.GranularitySpec},
		{key: "transformSpec", value: (*rawOrNull)(&s.TransformSpec)},
	}
}

// MarshalJSON writes the schema as Jackson does.
func (s DataSchema) MarshalJSON() ([]byte, error) { return encodeObject(s.members(), nil) }

// UnmarshalJSON reads it.
func (s *DataSchema) UnmarshalJSON(b []byte) error {
	*s = DataSchema{
		MetricsSpec: []AggregatorFactory{}, GranularitySpec: GranularitySpec{Type: "uniform", Rollup: true},
		TransformSpec: json.RawMessage(`{"filter":null,"transforms":[]}`),
	}
	s.GranularitySpec.SegmentGranularity, _ = ParseGranularity("DAY")
	var ignored fields
	if err := decodeObject(b, s.members(), &ignored); err != nil {
		return fmt.Errorf("dataSchema: %w", err)
	}
	if s.DataSource == "" {
		return fmt.Errorf("dataSchema: dataSource cannot be null or empty. Please provide a dataSource.")
	}
	return nil
}

// AggregatorFactory is a metric of a schema; members that only its type has are kept
// verbatim.
type AggregatorFactory struct {
	Type      string
	Name      string
	FieldName string

	unknown fields
}

// sketchAggregators are those with more members than a field, and those members'
// defaults.
var sketchAggregators = map[string]fields{
	"hyperUnique": {{"isInputHyperUnique", json.RawMessage("false")}, {"round", json.RawMessage("false")}},
}

// MarshalJSON writes the factory as Jackson does: one that reads a field also has an
// expression, null by default.
func (a AggregatorFactory) MarshalJSON() ([]byte, error) {
	members := []member{{key: "type", value: &a.Type}, {key: "name", value: &a.Name}}
	unknown := a.unknown
	simple := simpleAggregators[a.Type]
	if a.FieldName != "" || simple {
		members = append(members, member{key: "fieldName", value: (*nullable)(&a.FieldName)})
	}
	if expression, given := unknown.get("expression"); given || simple {
		members = append(members, member{key: "expression", value: rawOrNull(expression)})
		unknown = slices.DeleteFunc(slices.Clone(unknown), func(f field) bool { return f.key == "expression" })
	}
	for _, f := range sketchAggregators[a.Type] {
		if _, given := unknown.get(f.key); !given {
			unknown = append(slices.Clip(unknown), f)
		}
	}
	return encodeObject(members, unknown)
}

// HasExpression reports whether the factory computes an expression.
func (a AggregatorFactory) HasExpression() bool {
	expression, given := a.unknown.get("expression")
	return given && string(expression) != "null"
}

// simpleAggregators are those that take an expression instead of a field.
var simpleAggregators = map[string]bool{
	"longSum": true, "longMin": true, "longMax": true, "doubleSum": true, "doubleMin": true, "doubleMax": true,
	"floatSum": true, "floatMin": true, "floatMax": true,
}

// UnmarshalJSON reads it.
func (a *AggregatorFactory) UnmarshalJSON(b []byte) error {
	*a = AggregatorFactory{}
	members := []member{{key: "type", value: &a.Type}, {key: "name", value: &a.Name}, {key: "fieldName", value: (*nullable)(&a.FieldName)}}
	return decodeObject(b, members, &a.unknown)
}

// GranularitySpec says which intervals rows go into: UniformGranularitySpec, or, with
// Type "arbitrary", ArbitraryGranularitySpec, whose intervals are those of the
// segments.
type GranularitySpec struct {
	Type               string
	SegmentGranularity Granularity
	QueryGranularity   Granularity
	Rollup             bool
	Intervals          []Interval // nil: wherever the rows belong
}

func (g *GranularitySpec) members() []member {
	return []member{
		{key: "type", value: &g.Type},
		{key: "segmentGranularity", value: &g.SegmentGranularity, omit: g.Type == "arbitrary"},
		{key: "queryGranularity", value: &g.QueryGranularity},
		{key: "rollup", value: &g.Rollup},
		{key: "intervals", value: &g.Intervals},
	}
}

// MarshalJSON writes the spec as Jackson does.
func (g GranularitySpec) MarshalJSON() ([]byte, error) { return encodeObject(g.members(), nil) }

// UnmarshalJSON reads it; the defaults are daily segments and rollup.
func (g *GranularitySpec) UnmarshalJSON(b []byte) error {
	*g = GranularitySpec{Type: "uniform", Rollup: true}
	g.SegmentGranularity, _ = ParseGranularity("DAY")
	if string(b) == "null" {
		return nil
	}
	all, err := readFields(b)
	if err == nil {
		err = decodeFields(withoutNulls(all), g.members())
	}
	if err != nil {
		return fmt.Errorf("granularitySpec: %w", err)
	}
	if g.Type != "arbitrary" {
		g.Type = "uniform" // the default implementation of GranularitySpec
	}
	return nil
}

// BucketIntervals returns the intervals of the future segments, sorted and without
// duplicates; given is false when the spec leaves them to the rows.
func (g GranularitySpec) BucketIntervals() (buckets []Interval, given bool, err error) {
	if g.Intervals == nil {
		return nil, false, nil
	}
	for _, i := range g.Intervals {
		if g.Type == "arbitrary" {
			buckets = append(buckets, i)
			continue
		}
		of, err := g.SegmentGranularity.Buckets(i)
		if err != nil {
			return nil, true, err
		}
		buckets = append(buckets, of...)
	}
	slices.SortFunc(buckets, func(a, b Interval) int { return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End)) })
	return slices.Compact(buckets), true, nil
}

// IndexSpec is the spec of an index task: IndexTask.IndexIngestionSpec.
type IndexSpec struct {
	DataSchema   DataSchema
	IOConfig     IndexIOConfig
	TuningConfig IndexTuningConfig
}

func (s *IndexSpec) members() []member {
	return []member{
		{key: "dataSchema", value: &s.DataSchema}, {key: "ioConfig", value: &s.IOConfig}, {key: "tuningConfig", value: &s.TuningConfig},
	}
}

// MarshalJSON writes the spec as Jackson does.
func (s IndexSpec) MarshalJSON() ([]byte, error) { return encodeObject(s.members(), nil) }

// UnmarshalJSON reads it, including the format of newer Druids.
func (s *IndexSpec) UnmarshalJSON(b []byte) error {
	*s = IndexSpec{TuningConfig: defaultIndexTuning()}
	var ignored fields
	if err := decodeObject(b, s.members(), &ignored); err != nil {
		return err
	}
	if newer, ok := newerInputOf(b); ok {
		return s.translate(newer)
	}
	return nil
}

// IndexIOConfig is where an index task reads: IndexTask.IndexIOConfig.
type IndexIOConfig struct {
	Firehose         Firehose
	AppendToExisting bool
}

func (c *IndexIOConfig) members() []member {
	return []member{
		{key: "type", value: "index", derived: true},
		{key: "firehose", value: &c.Firehose}, {key: "appendToExisting", value: &c.AppendToExisting},
	}
}

// MarshalJSON writes the configuration as Jackson does.
func (c IndexIOConfig) MarshalJSON() ([]byte, error) { return encodeObject(c.members(), nil) }

// UnmarshalJSON reads it.
func (c *IndexIOConfig) UnmarshalJSON(b []byte) error {
	*c = IndexIOConfig{}
	var ignored fields
	return decodeObject(b, c.members(), &ignored)
}

// IndexTuningConfig tunes an index task: IndexTask.IndexTuningConfig. It is wide because
// it has a field for each of the Java class's.
type IndexTuningConfig struct {
	MaxRowsPerSegment         *int
	MaxRowsInMemory           int
	MaxBytesInMemory          int64
	MaxTotalRows              *int64
	NumShards                 *int
	PartitionDimensions       []string
	IndexSpec                 json.RawMessage // compression and bitmaps
	MaxPendingPersists        int
	BuildV9Directly           bool
	ForceExtendableShardSpecs bool
	ForceGuaranteedRollup     bool
	ReportParseExceptions     bool
	PushTimeout               int64 // milliseconds
	LogParseExceptions        bool
	MaxParseExceptions        int
	MaxSavedParseExceptions   int

	medium json.RawMessage
}

func defaultIndexTuning() IndexTuningConfig {
	return IndexTuningConfig{
		MaxRowsInMemory: 1_000_000, BuildV9Directly: true, MaxParseExceptions: 1<<31 - 1,
		IndexSpec: json.RawMessage(defaultIndexSpec),
	}
}

func (c *IndexTuningConfig) members() []member {
	return []member{
		{key: "type", value: "index", derived: true},
		{key: "maxRowsPerSegment", value: &c.MaxRowsPerSegment},
		{key: "maxRowsInMemory", value: &c.MaxRowsInMemory},
		{key: "maxBytesInMemory", value: &c.MaxBytesInMemory},
		{key: "maxTotalRows", value: &c.MaxTotalRows},
		{key: "numShards", value: &c.NumShards},
		{key: "partitionDimensions", value: (*list)(&c.PartitionDimensions)},
		{key: "indexSpec", value: &c.IndexSpec},
		{key: "maxPendingPersists", value: &c.MaxPendingPersists},
		{key: "buildV9Directly", value: &c.BuildV9Directly},
		{key: "forceExtendableShardSpecs", value: &c.ForceExtendableShardSpecs},
		{key: "forceGuaranteedRollup", value: &c.ForceGuaranteedRollup},
		{key: "reportParseExceptions", value: &c.ReportParseExceptions},
		{key: "pushTimeout", value: &c.PushTimeout},
		{key: "segmentWriteOutMediumFactory", value: (*rawOrNull)(&c.medium)},
		{key: "logParseExceptions", value: &c.LogParseExceptions},
		{key: "maxParseExceptions", value: &c.MaxParseExceptions},
		{key: "maxSavedParseExceptions", value: &c.MaxSavedParseExceptions},
	}
}

// MarshalJSON writes the configuration as Jackson does.
func (c IndexTuningConfig) MarshalJSON() ([]byte, error) { return encodeObject(c.members(), nil) }

// UnmarshalJSON reads it; targetPartitionSize is the old name of maxRowsPerSegment, and
// -1 means none.
func (c *IndexTuningConfig) UnmarshalJSON(b []byte) error {
	*c = defaultIndexTuning()
	if string(b) == "null" {
		return nil
	}
	var ignored fields
	var target *int
	if err := decodeObject(b, append(c.members(), member{key: "targetPartitionSize", value: &target}), &ignored); err != nil {
		return fmt.Errorf("tuningConfig: %w", err)
	}
	if err := completeIndexSpec(&c.IndexSpec); err != nil {
		return fmt.Errorf("tuningConfig: %w", err)
	}
	if c.MaxRowsPerSegment == nil {
		c.MaxRowsPerSegment = target
	}
	if c.MaxRowsPerSegment != nil && *c.MaxRowsPerSegment == -1 {
		c.MaxRowsPerSegment = nil
	}
	if c.NumShards != nil && *c.NumShards == -1 {
		c.NumShards = nil
	}
	if c.NumShards != nil && c.MaxRowsPerSegment != nil {
		return fmt.Errorf("tuningConfig: maxRowsPerSegment and numShards cannot be used together")
	}
	if c.ReportParseExceptions {
		c.MaxParseExceptions, c.MaxSavedParseExceptions = 0, min(1, c.MaxSavedParseExceptions)
	}
	return nil
}
