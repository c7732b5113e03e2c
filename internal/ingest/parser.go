package ingest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
)

// Parser makes rows of the records of one stream.
type Parser struct {
	schema *Schema
	format recordFormat
}

// recordFormat is how one record becomes fields. The keys come in the order of
// the record.
type recordFormat interface {
	fields(record string) (keys []string, event map[string]any, err error)
	// startFile is called before the first record of a file; skip says how many
	// records to pass over, and header that the next one names the columns.
	startFile()
}

// errSkip says that a record was a header.
var errSkip = errors.New("a header, not a row")

// NewParser is a parser of the schema's format: json, csv, tsv, or timeAndDims
// for records that come as maps already.
func (s *Schema) NewParser() (*Parser, error) {
	p := &Parser{schema: s}
	switch s.parse.Format {
	case "json", "":
		f, err := newJSONFormat(s.parse.FlattenSpec)
		if err != nil {
			return nil, err
		}
		p.format = f
	case "timeAndDims":
		p.format = &jsonFormat{discover: true}
	case "csv":
		p.format = newDelimited(s.parse, splitCSV)
	case "tsv":
		p.format = newDelimited(s.parse, splitOn(s.parse.Delimiter))
	default:
		return nil, fmt.Errorf("parseSpec format %q is not supported; known are json, csv, tsv, timeAndDims", s.parse.Format)
	}
	return p, nil
}

// Parse makes a row of one record. An error is a *ParseError.
func (p *Parser) Parse(record string) (Row, error) {
	keys, event, err := p.format.fields(record)
	if err != nil {
		return Row{}, &ParseError{Reason: "Unable to parse row", Record: record, Err: err}
	}
	return p.row(keys, event, record)
}

// ParseMap makes a row of a record that is a map already, as event receivers
// get them. Its JSON should have been decoded with UseNumber, or whole numbers
// become doubles. An error is a *ParseError.
func (p *Parser) ParseMap(fields map[string]any) (Row, error) {
	event := make(map[string]any, len(fields))
	keys := make([]string, 0, len(fields))
	for k, v := range fields {
		event[k] = fromJSON(v)
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return p.row(keys, event, "")
}

func (p *Parser) row(keys []string, event map[string]any, record string) (Row, error) {
	at, err := p.schema.parse.TimestampSpec.extract(event[p.schema.parse.TimestampSpec.Column])
	if err != nil {
		return Row{}, &ParseError{Reason: "Unparseable timestamp found! Event:", Record: record, Err: err}
	}
	return Row{Time: at, Dimensions: p.dimensions(keys), Event: event}, nil
}

// dimensions is the configured ones or, when there are none, whatever the
// record holds that is not excluded.
func (p *Parser) dimensions(keys []string) []string {
	if len(p.schema.dims) > 0 {
		names := make([]string, len(p.schema.dims))
		for i, d := range p.schema.dims {
			names[i] = d.Name
		}
		return names
	}
	return slices.DeleteFunc(slices.Clone(keys), func(k string) bool { return p.schema.exclusions[k] })
}

// maxRecord is the longest line that Read accepts, in bytes.
const maxRecord = 16 << 20

// Read parses the lines of a file, header lines apart, and gives each row or
// its *ParseError to each. It ends with the first error of each, of r, or of
// ctx.
func (p *Parser) Read(ctx context.Context, r io.Reader, each func(Row, error) error) error {
	p.format.startFile()
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 64<<10), maxRecord)
	for lines.Scan() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if len(lines.Bytes()) == 0 {
			continue
		}
		row, err := p.Parse(lines.Text())
		if errors.Is(err, errSkip) {
			continue
		}
		if err := each(row, err); err != nil {
			return err
		}
	}
	return lines.Err()
}
