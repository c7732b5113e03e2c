package ingest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"oakmoot/internal/druid"
	"oakmoot/internal/segment"
)

// Schema is how records of a datasource become rows: DataSchema in Java,
// without the segment granularity, which is its users' business.
type Schema struct {
	DataSource  string
	Rollup      bool
	Aggregators []Aggregator

	granularity druid.Granularity // of queries
	parse       parseSpec
	dims        []dimensionSchema
	exclusions  map[string]bool
}

type dataSchema struct {
	DataSource string `json:"dataSource"`
	Parser     struct {
		Type      string    `json:"type"`
		ParseSpec parseSpec `json:"parseSpec"`
	} `json:"parser"`
	MetricsSpec     []Aggregator `json:"metricsSpec"`
	GranularitySpec struct {
		QueryGranularity druid.Granularity `json:"queryGranularity"`
		Rollup           *bool             `json:"rollup"`
	} `json:"granularitySpec"`
	TransformSpec *struct {
		Filter     json.RawMessage   `json:"filter"`
		Transforms []json.RawMessage `json:"transforms"`
	} `json:"transformSpec"`
}

type parseSpec struct {
	Format         string         `json:"format"`
	TimestampSpec  *timestampSpec `json:"timestampSpec"`
	DimensionsSpec dimensionsSpec `json:"dimensionsSpec"`
	FlattenSpec    *flattenSpec   `json:"flattenSpec"`

	Columns        []string `json:"columns"`
	Delimiter      string   `json:"delimiter"`     // tsv; the default is a tab
	ListDelimiter  string   `json:"listDelimiter"` // the default is U+0001
	HasHeaderRow   bool     `json:"hasHeaderRow"`
	SkipHeaderRows int      `json:"skipHeaderRows"`
}

type dimensionsSpec struct {
	Dimensions          []dimensionSchema `json:"dimensions"`
	DimensionExclusions []string          `json:"dimensionExclusions"`
	SpatialDimensions   []json.RawMessage `json:"spatialDimensions"`
}

// dimensionSchema is a dimension's name and type; a bare string is a name.
type dimensionSchema struct {
	Type               string `json:"type"`
	Name               string `json:"name"`
	MultiValueHandling string `json:"multiValueHandling"`
}

func (d *dimensionSchema) UnmarshalJSON(b []byte) error {
	d.Type = "string"
	if len(b) > 0 && b[0] == '"' {
		return json.Unmarshal(b, &d.Name)
	}
	type plain dimensionSchema
	return json.Unmarshal(b, (*plain)(d))
}

// ParseSchema reads the dataSchema of a task or of a realtime spec.
func ParseSchema(raw []byte) (*Schema, error) {
	var ds dataSchema
	if err := json.Unmarshal(raw, &ds); err != nil {
		return nil, fmt.Errorf("dataSchema: %w", err)
	}
	s := &Schema{
		DataSource:  ds.DataSource,
		Rollup:      ds.GranularitySpec.Rollup == nil || *ds.GranularitySpec.Rollup,
		Aggregators: ds.MetricsSpec,
		granularity: ds.GranularitySpec.QueryGranularity,
		parse:       ds.Parser.ParseSpec,
		dims:        ds.Parser.ParseSpec.DimensionsSpec.Dimensions,
	}
	if t := ds.TransformSpec; t != nil && (len(t.Transforms) > 0 || t.Filter != nil && string(t.Filter) != "null") {
		return nil, fmt.Errorf("dataSchema: transformSpec is not supported")
	}
	if len(s.parse.DimensionsSpec.SpatialDimensions) > 0 {
		return nil, fmt.Errorf("dataSchema: spatialDimensions are not supported")
	}
	return s, s.check()
}

func (s *Schema) check() error {
	if s.DataSource == "" {
		return fmt.Errorf("dataSchema: dataSource is missing")
	}
	if s.parse.TimestampSpec == nil {
		spec := defaultTimestampSpec
		s.parse.TimestampSpec = &spec
	}
	if err := s.parse.TimestampSpec.prepare(); err != nil {
		return fmt.Errorf("dataSchema: timestampSpec: %w", err)
	}
	names := map[string]bool{segment.TimeColumn: true}
	for _, d := range s.dims {
		if !slices.Contains([]string{"string", "long", "float", "double"}, d.Type) {
			return fmt.Errorf("dataSchema: dimension %q is of unknown type %q", d.Name, d.Type)
		}
		if names[d.Name] || d.Name == "" {
			return fmt.Errorf("dataSchema: dimension name %q is empty or not unique", d.Name)
		}
		names[d.Name] = true
	}
	for _, a := range s.Aggregators {
		if names[a.Name] {
			return fmt.Errorf("dataSchema: metric %q: there is another column of that name", a.Name)
		}
		names[a.Name] = true
	}
	s.setExclusions()
	return nil
}

// setExclusions says which fields never become dimensions by discovery: the
// timestamp and what the aggregators read and write, as DataSchema adds them.
func (s *Schema) setExclusions() {
	s.exclusions = map[string]bool{s.parse.TimestampSpec.Column: true}
	for _, name := range s.parse.DimensionsSpec.DimensionExclusions {
		s.exclusions[name] = true
	}
	for _, a := range s.Aggregators {
		s.exclusions[a.Name] = true
		for _, field := range a.fields() {
			s.exclusions[field] = true
		}
	}
}

// MetricNames are the names of the aggregators, as a sink announces them.
func (s *Schema) MetricNames() []string {
	names := make([]string, len(s.Aggregators))
	for i, a := range s.Aggregators {
		names[i] = a.Name
	}
	return names
}

// metadata is what goes into metadata.drd of a persisted index.
func (s *Schema) metadata() (*segment.Metadata, error) {
	spec, err := druid.Marshal(s.parse.TimestampSpec)
	if err != nil {
		return nil, err
	}
	granularity, err := druid.Marshal(s.granularity)
	if err != nil {
		return nil, err
	}
	aggregators, err := combiningJSON(s.Aggregators)
	return &segment.Metadata{
		Container: map[string]json.RawMessage{}, Aggregators: aggregators, TimestampSpec: spec,
		QueryGranularity: granularity, Rollup: &s.Rollup,
	}, err
}

// combiningJSON is the combining factories in order of name, as Java writes them.
func combiningJSON(aggregators []Aggregator) ([]json.RawMessage, error) {
	sorted := slices.Clone(aggregators)
	slices.SortFunc(sorted, func(a, b Aggregator) int { return segment.CompareStrings(a.Name, b.Name) })
	out := make([]json.RawMessage, len(sorted))
	for i, a := range sorted {
		var err error
		if out[i], err = druid.Marshal(a.combining()); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// ParseError says why a record gave no row, or a field of it no number:
// ParseException in Java.
type ParseError struct {
	Reason string
	Record string // shortened to maxRecordShown
	Err    error
}

const maxRecordShown = 200

func (e *ParseError) Error() string {
	var b strings.Builder
	b.WriteString(e.Reason)
	if e.Record != "" {
		shown := e.Record
		if len(shown) > maxRecordShown {
			shown = strings.ToValidUTF8(shown[:maxRecordShown], "") + "..."
		}
		fmt.Fprintf(&b, " [%s]", shown)
	}
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	return b.String()
}

func (e *ParseError) Unwrap() error { return e.Err }
