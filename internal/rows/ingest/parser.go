package ingest

import (
	"bufio"
	"context"
	"errors"
	"io"
	"maps"
	"slices"
)

// Parser makes rows from the records of one stream.
type Parser struct {
	schema    *Schema
	format    recordFormat
	transform *transformer
}

// recordFormat splits one record into fields. The keys are those of the fields that
// Druid sees in a record, in order; the event may hold more.
type recordFormat interface {
	fields(record string) (keys []string, event map[string]any, err error)
	// startFile is called before the first record of a file.
	startFile()
}

// ErrHeader means that a record was skipped as a header: it gives no row.
var ErrHeader = errors.New("a header, not a row")

// formats are the parse specs, with the class that is named when something in one is
// wrong.
var formats = map[string]struct {
	class string
	make  func(parseSpec) (recordFormat, error)
}{
	"json":          {"JSONParseSpec", newJSON},
	"jsonLowercase": {"JSONLowercaseParseSpec", func(parseSpec) (recordFormat, error) { return lowercaseFormat{}, nil }},
	"csv":           {"CSVParseSpec", newCSV},
	"tsv":           {"DelimitedParseSpec", newTSV},
	"regex":         {"RegexParseSpec", newRegex},
	"timeAndDims":   {"TimeAndDimsParseSpec", func(parseSpec) (recordFormat, error) { return mapsOnly{}, nil }},
	"javascript": {"JavaScriptParseSpec", func(parseSpec) (recordFormat, error) {
		return nil, exception(illegalState, "JavaScript is disabled")
	}},
}

// mapsOnly is for records that come as maps: TimeAndDimsParseSpec.
type mapsOnly struct{}

func (mapsOnly) startFile() {}

func (mapsOnly) fields(string) ([]string, map[string]any, error) {
	return nil, nil, exception(unsupportedOperation, "not supported")
}

// NewParser returns a parser for the schema's format: ParseSpec.makeParser.
func (s *Schema) NewParser() (*Parser, error) {
	if s.parse.Format == "" {
		return nil, exception(nullPointer, "No parser has been specified")
	}
	f, err := formats[s.parse.Format].make(s.parse)
	if err != nil {
		return nil, err
	}
	t, err := s.newTransformer()
	return &Parser{s, f, t}, err
}

// Parse makes a row from one record. An error is a *ParseError, ErrHeader or
// ErrFiltered, or else ends a task.
func (p *Parser) Parse(record string) (Row, error) {
	keys, event, err := p.format.fields(record)
	var fatal *Exception
	switch {
	case errors.Is(err, ErrHeader), errors.As(err, &fatal) && fatal.Class != parseException:
		return Row{}, err
	case err != nil:
		return Row{}, unparseable(record, err)
	}
	return p.row(keys, event)
}

// ParseMap makes a row from a record that is already a map, as event receivers get
// them. Its JSON should have been decoded with UseNumber, or whole numbers become
// doubles. Errors are those of Parse.
func (p *Parser) ParseMap(fields map[string]any) (Row, error) {
	event := make(map[string]any, len(fields))
	for k, v := range fields {
		event[k] = fromJSON(v)
	}
	return p.row(slices.Sorted(maps.Keys(event)), event)
}

// row is MapInputRowParser.
func (p *Parser) row(keys []string, event map[string]any) (Row, error) {
	at, err := p.schema.parse.TimestampSpec.extract(event[p.schema.parse.TimestampSpec.Column])
	if err != nil {
		return Row{}, &ParseError{"Unparseable timestamp found! Event: " + mapText(keys, event), err}
	}
	return p.Transform(Row{Time: at, Dimensions: p.dimensions(keys), Event: event, keys: keys})
}

// Transform applies the schema's transformSpec to a row, or returns ErrFiltered.
func (p *Parser) Transform(r Row) (Row, error) { return p.transform.apply(r) }

func (p *Parser) dimensions(keys []string) []string {
	if len(p.schema.dims) > 0 {
		return p.schema.DimensionNames()
	}
	return slices.DeleteFunc(slices.Clone(keys), func(k string) bool { return p.schema.exclusions[k] })
}

// Text returns an error unless the parser reads text: those of maps and of rows do not,
// and cannot be connected to a firehose of text.
func (s *Schema) Text() error {
	if rowParsers[s.parser] != "" {
		const of, to = "org.apache.druid.segment.transform.TransformingInputRowParser", implPackage + "StringInputRowParser"
		return exception(classCast, "class %s cannot be cast to class %s (%s and %s are in unnamed module of loader 'app')", of, to, of, to)
	}
	return nil
}

// maxRecord is the longest line that Read accepts, in bytes.
const maxRecord = 16 << 20

// Read parses the lines of a file, and passes each row, or Parse's error for it, to
// each. It ends with the first error from each, r, or ctx.
func (p *Parser) Read(ctx context.Context, r io.Reader, each func(Row, error) error) error {
	p.format.startFile()
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 64<<10), maxRecord)
	lines.Split(javaLines)
	for lines.Scan() {
		if err := ctx.Err(); err != nil {
			return err
		}
		row, err := p.Parse(javaUTF8(lines.Text()))
		if err := each(row, err); err != nil {
			return err
		}
	}
	return lines.Err()
}
