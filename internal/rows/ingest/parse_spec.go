package ingest

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// parserSpec is InputRowParser. An unknown type is read as string.
type parserSpec struct {
	Type      string     `json:"type"`
	ParseSpec *parseSpec `json:"parseSpec"`
}

// parseSpec is the ParseSpec of every format.
type parseSpec struct {
	Format         string          `json:"format"`
	TimestampSpec  *timestampSpec  `json:"timestampSpec"`
	DimensionsSpec *dimensionsSpec `json:"dimensionsSpec"`

	FlattenSpec    *flattenSpec    `json:"flattenSpec"` // json
	FeatureSpec    map[string]bool `json:"featureSpec"`
	Columns        []*string       `json:"columns"`       // csv, tsv and regex; null differs from empty
	Delimiter      *string         `json:"delimiter"`     // tsv; the default is a tab
	ListDelimiter  *string         `json:"listDelimiter"` // the default is U+0001
	HasHeaderRow   bool            `json:"hasHeaderRow"`
	SkipHeaderRows int             `json:"skipHeaderRows"`
	Pattern        *string         `json:"pattern"` // regex
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

	nameless bool
}

func (d *dimensionSchema) UnmarshalJSON(b []byte) error {
	d.Type = "string"
	if len(b) > 0 && b[0] == '"' {
		return json.Unmarshal(b, &d.Name)
	}
	type plain dimensionSchema
	if err := json.Unmarshal(b, (*plain)(d)); err != nil {
		return err
	}
	var name struct{ Name *string }
	d.nameless = json.Unmarshal(b, &name) == nil && name.Name == nil
	if d.MultiValueHandling = strings.ToUpper(d.MultiValueHandling); !slices.Contains(multiValueHandlings, d.MultiValueHandling) {
		return fmt.Errorf("No enum constant org.apache.druid.data.input.impl.DimensionSchema.MultiValueHandling.%s", d.MultiValueHandling)
	}
	if !slices.Contains([]string{"long", "float", "double", "spatial"}, d.Type) {
		d.Type = "string" // likewise for an unknown type
	}
	return nil
}

// multiValueHandlings are the ways to keep the values of a row; the empty one stands
// for none given.
var multiValueHandlings = []string{"", "SORTED_ARRAY", "SORTED_SET", "ARRAY"}

// implPackage is the package of the parsers' classes.
const implPackage = "org.apache.druid.data.input.impl."

// notInstantiated is what Jackson makes of an exception from the constructor of a class
// that is part of a parser, reached along a chain of references.
func notInstantiated(class string, cause error, chain ...string) *Exception {
	at := ""
	if len(chain) > 0 {
		at = " (through reference chain: " + strings.Join(chain, "->") + ")"
	}
	return &Exception{illegalArgument, fmt.Sprintf("Instantiation of [simple type, class %s%s] value failed: %v%s", implPackage, class, cause, at), cause}
}

func reference(class, property string) string {
	return fmt.Sprintf("%s%s[%q]", implPackage, class, property)
}

// rowParsers are the parsers that do not read text; any other type is read as string.
var rowParsers = map[string]string{"map": "MapInputRowParser", "noop": "NoopInputRowParser", "hadoopyString": "HadoopyStringInputRowParser"}

func (p *parserSpec) class() string {
	if class, ok := rowParsers[p.Type]; ok {
		return class
	}
	return "StringInputRowParser"
}

// prepare fills in the constructors' defaults, and makes their checks.
func (p *parserSpec) prepare() error {
	if p.ParseSpec == nil {
		return notInstantiated(p.class(), errors.New("parseSpec"))
	}
	s, from := p.ParseSpec, reference(p.class(), "parseSpec")
	format, ok := formats[s.Format]
	switch {
	case s.Format == "":
		return exception(illegalArgument, "Unexpected token (END_OBJECT), expected FIELD_NAME: missing property 'format' that is to contain type id  (for class %sParseSpec)\n at [Source: N/A; line: -1, column: -1] (through reference chain: %s)", implPackage, from)
	case !ok:
		return exception(illegalArgument, "Could not resolve type id '%s' into a subtype of [simple type, class %sParseSpec]: known type ids = [ParseSpec, csv, javascript, json, jsonLowercase, regex, timeAndDims, tsv]\n at [Source: N/A; line: -1, column: -1] (through reference chain: %s)", s.Format, implPackage, from)
	}
	if s.Format == "timeAndDims" {
		s.completeTimeAndDims()
	}
	if s.TimestampSpec != nil {
		err := s.TimestampSpec.prepare()
		var bad *badMissingValue
		if errors.As(err, &bad) {
			return exception(illegalArgument, "%v (through reference chain: %s->%s->%s)", err, from, reference(format.class, "timestampSpec"), reference("TimestampSpec", "missingValue"))
		}
		if err != nil {
			return notInstantiated("TimestampSpec", err, from, reference(format.class, "timestampSpec"))
		}
	}
	if s.DimensionsSpec != nil {
		if err := s.DimensionsSpec.check(); err != nil {
			return notInstantiated("DimensionsSpec", err, from, reference(format.class, "dimensionsSpec"))
		}
	}
	if err := s.check(); err != nil {
		return notInstantiated(format.class, err, from)
	}
	return nil
}

func (s *parseSpec) completeTimeAndDims() {
	if s.TimestampSpec == nil {
		spec := defaultTimestampSpec
		s.TimestampSpec = &spec
	}
	if s.DimensionsSpec == nil {
		s.DimensionsSpec = &dimensionsSpec{}
	}
}

// check makes the checks of the format's own constructor.
func (s *parseSpec) check() error {
	switch {
	case s.TimestampSpec == nil:
		return errors.New("parseSpec requires timestampSpec")
	case s.DimensionsSpec == nil:
		return errors.New("parseSpec requires dimensionSpec")
	}
	_, err := s.features()
	switch s.Format {
	case "json":
		return err
	case "csv", "tsv":
		for _, c := range s.Columns {
			switch {
			case c == nil:
				return errors.New("a column has no name")
			case strings.Contains(*c, ","):
				return fmt.Errorf("Column[%s] has a comma, it cannot", *c)
			}
		}
		if s.Columns == nil && !s.HasHeaderRow {
			return errors.New("If columns field is not set, the first row of your data must have your header and hasHeaderRow must be set to true.")
		}
	case "regex":
	default:
		return nil
	}
	for _, d := range s.DimensionsSpec.Dimensions {
		if s.Columns != nil && !slices.Contains(s.columns(), d.Name) {
			return fmt.Errorf("column[%s] not in columns.", d.Name)
		}
	}
	return nil
}

// columns returns the names of the columns; nil if there are none.
func (s *parseSpec) columns() (names []string) {
	for _, c := range s.Columns {
		names = append(names, or(c, ""))
	}
	return names
}

// features returns the features that the featureSpec sets.
func (s *parseSpec) features() (jsonFeatures, error) {
	var f jsonFeatures
	for name, on := range s.FeatureSpec {
		if !f.set(name, on) {
			return f, fmt.Errorf("No enum constant com.fasterxml.jackson.core.JsonParser.Feature.%s", name)
		}
	}
	return f, nil
}

func (d *dimensionsSpec) names() []string {
	names := make([]string, len(d.Dimensions))
	for i, one := range d.Dimensions {
		names[i] = one.Name
	}
	return names
}

func (d *dimensionsSpec) check() error {
	for _, one := range d.Dimensions {
		if one.nameless {
			return errors.New("a dimension has no name")
		}
	}
	for _, name := range d.names() {
		if slices.Contains(d.DimensionExclusions, name) {
			return errors.New("dimensions and dimensions exclusions cannot overlap")
		}
	}
	exclusions := slices.Clone(d.DimensionExclusions)
	slices.Sort(exclusions)
	if err := uniqueColumns(d.names()); err != nil {
		return err
	}
	return uniqueColumns(slices.Compact(exclusions))
}

// setText formats a set of words as Java does.
func setText(words []string) string {
	slices.Sort(words)
	return "[" + strings.Join(slices.Compact(words), ", ") + "]"
}
