package ingest

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/segment"
)

// Schema turns the records of a datasource into rows. It is made from a
// druid.DataSchema; the segment granularity is left to its users.
type Schema struct {
	DataSource  string
	Rollup      bool
	Aggregators []Aggregator

	granularity druid.Granularity // of queries
	parser      string            // type of the parser
	parse       parseSpec
	dims        []dimensionSchema
	exclusions  map[string]bool
	transform   *transformSpec // nil when there is none
}

// ParseSchema reads a dataSchema and makes a Schema from it.
func ParseSchema(raw []byte) (*Schema, error) {
	var ds druid.DataSchema
	err := json.Unmarshal(raw, &ds)
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return nil, illegal(err)
	case err != nil: // the error names the dataSchema itself
		return nil, &Exception{illegalArgument, err.Error(), err}
	}
	return NewSchema(ds)
}

// NewSchema makes a Schema from the dataSchema of a task or of a realtime spec: it
// reads the parser and the transformSpec, which druid.DataSchema keeps as they came.
func NewSchema(ds druid.DataSchema) (*Schema, error) {
	s := &Schema{DataSource: ds.DataSource, Rollup: ds.GranularitySpec.Rollup, granularity: ds.GranularitySpec.QueryGranularity}
	var parser *parserSpec
	err := readMember(ds.Parser, &parser)
	if err == nil {
		s.Aggregators, err = newAggregators(ds.MetricsSpec)
	}
	if err == nil {
		err = readMember(ds.TransformSpec, &s.transform)
	}
	if err != nil {
		return nil, illegal(err)
	}
	if s.transform != nil {
		if err := s.transform.check(); err != nil {
			return nil, fmt.Errorf("dataSchema: %w", err)
		}
	}
	if parser != nil {
		if err := parser.prepare(); err != nil {
			return nil, err
		}
		s.parser, s.parse, s.dims = parser.Type, *parser.ParseSpec, parser.ParseSpec.DimensionsSpec.Dimensions
	}
	return s, s.check()
}

// illegal is the exception for a dataSchema that cannot be read.
func illegal(err error) error {
	return &Exception{illegalArgument, fmt.Sprintf("dataSchema: %v", err), err}
}

// readMember decodes a member that was kept verbatim; an absent one leaves into
// unchanged.
func readMember(raw json.RawMessage, into any) error {
	if raw == nil {
		return nil
	}
	return json.Unmarshal(raw, into)
}

func (s *Schema) check() error {
	if s.DataSource == "" {
		return fmt.Errorf("dataSchema: dataSource is missing")
	}
	names := map[string]bool{segment.TimeColumn: true}
	if d := s.parse.DimensionsSpec; d != nil && len(d.SpatialDimensions) > 0 {
		return fmt.Errorf("dataSchema: spatialDimensions are not supported")
	}
	for _, d := range s.dims {
		switch {
		case d.Type == "spatial":
			return fmt.Errorf("dataSchema: dimension %q: spatial dimensions are not supported", d.Name)
		case names[d.Name]:
			return fmt.Errorf("dataSchema: dimension name %q is not unique", d.Name)
		}
		names[d.Name] = true
	}
	var overlap []string
	for _, a := range s.Aggregators {
		if names[a.Name] && a.Name != segment.TimeColumn {
			overlap = append(overlap, a.Name)
		}
	}
	if overlap != nil {
		return exception(druidIAE, "Cannot have overlapping dimensions and metrics of the same name. Please change the name of the metric. Overlap: %s", setText(overlap))
	}
	for _, a := range s.Aggregators {
		if names[a.Name] {
			return fmt.Errorf("dataSchema: metric %q: another column has that name", a.Name)
		}
		names[a.Name] = true
	}
	s.setExclusions()
	return nil
}

// setExclusions sets the fields that discovery never makes dimensions: the timestamp
// and what the aggregators read and write, as DataSchema adds them.
func (s *Schema) setExclusions() {
	s.exclusions = make(map[string]bool)
	if s.parse.TimestampSpec != nil {
		s.exclusions[s.parse.TimestampSpec.Column] = true
		for _, name := range s.parse.DimensionsSpec.DimensionExclusions {
			s.exclusions[name] = true
		}
	}
	for _, a := range s.Aggregators {
		s.exclusions[a.Name] = true
		for _, field := range a.fields() {
			s.exclusions[field] = true
		}
	}
}

// DimensionNames returns the dimensions that the schema lists; none means that they are
// discovered.
func (s *Schema) DimensionNames() []string {
	names := make([]string, len(s.dims))
	for i, d := range s.dims {
		names[i] = d.Name
	}
	return names
}

// MetricNames returns the names of the aggregators, as a sink announces them.
func (s *Schema) MetricNames() []string {
	names := make([]string, len(s.Aggregators))
	for i, a := range s.Aggregators {
		names[i] = a.Name
	}
	return names
}

// metadata returns what goes into metadata.drd of a persisted index.
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

// combiningJSON returns the combining factories in order of name, as Java writes them.
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
