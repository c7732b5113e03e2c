package ingest

import (
	"encoding/csv"
	"errors"
	"fmt"
	"strings"
)

// delimited reads csv and tsv: CSVParseSpec and DelimitedParseSpec.
type delimited struct {
	split         func(string) ([]string, error)
	listDelimiter string
	configured    []string // columns of the spec
	hasHeader     bool
	skipRows      int

	columns []string // as of now
	skip    int      // lines still to pass over
	header  bool     // the next line names the columns
}

const defaultListDelimiter = "\x01"

func newDelimited(spec parseSpec, split func(string) ([]string, error)) *delimited {
	d := &delimited{
		split: split, listDelimiter: spec.ListDelimiter, configured: spec.Columns,
		columns: spec.Columns, hasHeader: spec.HasHeaderRow, skipRows: spec.SkipHeaderRows,
	}
	if d.listDelimiter == "" {
		d.listDelimiter = defaultListDelimiter
	}
	return d
}

func (d *delimited) startFile() {
	d.skip, d.header, d.columns = d.skipRows, d.hasHeader, d.configured
}

func (d *delimited) fields(record string) ([]string, map[string]any, error) {
	if d.skip > 0 {
		d.skip--
		return nil, nil, errSkip
	}
	values, err := d.split(record)
	if err != nil {
		return nil, nil, err
	}
	if d.header {
		d.header = false
		if len(d.columns) == 0 {
			d.columns = values
		}
		return nil, nil, errSkip
	}
	for i := len(d.columns); len(d.configured) == 0 && i < len(values); i++ {
		d.columns = append(d.columns, fmt.Sprintf("column_%d", i+1))
	}
	event := make(map[string]any, len(d.columns))
	for i, name := range d.columns {
		event[name] = nil
		if i < len(values) {
			event[name] = d.value(values[i])
		}
	}
	return d.columns, event, nil
}

// value is null for nothing and a list where the list delimiter occurs.
func (d *delimited) value(s string) any {
	if s == "" {
		return nil
	}
	if !strings.Contains(s, d.listDelimiter) {
		return s
	}
	var list []any
	for part := range strings.SplitSeq(s, d.listDelimiter) {
		list = append(list, part)
	}
	return list
}

func splitCSV(record string) ([]string, error) {
	r := csv.NewReader(strings.NewReader(record))
	r.FieldsPerRecord = -1
	values, err := r.Read()
	var pe *csv.ParseError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	return values, err
}

func splitOn(delimiter string) func(string) ([]string, error) {
	if delimiter == "" {
		delimiter = "\t"
	}
	return func(record string) ([]string, error) {
		return strings.Split(record, delimiter), nil
	}
}
