package ingest

import (
	"fmt"
	"strings"
)

// delimited reads csv and tsv: AbstractFlatTextFormatParser.
type delimited struct {
	split         func(string) ([]string, error)
	listDelimiter string
	hasHeader     bool
	skipRows      int

	columns    []string // so far; nil while unknown
	skipped    int      // lines of this file skipped so far
	headerRead bool
}

const (
	defaultDelimiter     = "\t"
	defaultListDelimiter = "\x01"
)

func newDelimited(spec parseSpec, split func(string) ([]string, error)) (*delimited, error) {
	d := &delimited{
		split: split, listDelimiter: or(spec.ListDelimiter, defaultListDelimiter),
		hasHeader: spec.HasHeaderRow, skipRows: spec.SkipHeaderRows,
	}
	if d.listDelimiter == "" {
		return nil, errEmptySeparator
	}
	if spec.Columns == nil {
		return d, nil
	}
	return d, d.name(spec.columns())
}

var errEmptySeparator = exception(illegalArgument, "The separator may not be the empty string.")

func or(s *string, absent string) string {
	if s == nil {
		return absent
	}
	return *s
}

// name sets the names of the columns; one without a name gets a number.
func (d *delimited) name(columns []string) error {
	names := make([]string, len(columns))
	for i, name := range columns {
		if names[i] = name; name == "" {
			names[i] = fmt.Sprintf("column_%d", i+1)
		}
	}
	d.columns = names
	return uniqueColumns(names)
}

// uniqueColumns refuses names that differ only in case: ParserUtils.validateFields.
func uniqueColumns(names []string) error {
	seen, twice := make(map[string]bool), []string(nil)
	for _, name := range names {
		lower := strings.ToLower(name)
		if seen[lower] {
			twice = append(twice, lower)
		}
		seen[lower] = true
	}
	if twice == nil {
		return nil
	}
	return exception(parseException, "Duplicate column entries found : %s", setText(twice))
}

func (d *delimited) startFile() {
	if d.hasHeader {
		d.columns = nil
	}
	d.skipped, d.headerRead = 0, false
}

func (d *delimited) fields(record string) ([]string, map[string]any, error) {
	values, err := d.split(record)
	switch {
	case err != nil:
		return nil, nil, err
	case d.skipped < d.skipRows:
		d.skipped++
		return nil, nil, ErrHeader
	case d.hasHeader && !d.headerRead:
		if d.columns == nil {
			if err := d.name(values); err != nil {
				return nil, nil, err
			}
		}
		d.headerRead = true
		return nil, nil, ErrHeader
	}
	keys, event := zip(d.columns, values, d.value)
	return keys, event, nil
}

// zip pairs names with values until either runs out: Utils.zipMapPartial. When a name
// occurs twice, its last value stays.
func zip(names, values []string, value func(string) any) ([]string, map[string]any) {
	event := &Object{keys: make([]string, 0, len(names)), values: make(map[string]any, len(names))}
	for i, name := range names[:min(len(names), len(values))] {
		event.put(name, value(values[i]))
	}
	return event.keys, event.values
}

// value is null for an empty text, and a list where the list delimiter occurs.
func (d *delimited) value(s string) any {
	if !strings.Contains(s, d.listDelimiter) {
		return nullIfEmpty(s)
	}
	var list []any
	for part := range strings.SplitSeq(s, d.listDelimiter) {
		list = append(list, nullIfEmpty(part))
	}
	return list
}

func nullIfEmpty(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func newCSV(spec parseSpec) (recordFormat, error) { return newDelimited(spec, new(csvLine).split) }

func newTSV(spec parseSpec) (recordFormat, error) {
	delimiter := or(spec.Delimiter, defaultDelimiter)
	if delimiter == or(spec.ListDelimiter, defaultListDelimiter) {
		return nil, exception(illegalState, "Cannot have same delimiter and list delimiter of [%s]", delimiter)
	}
	if delimiter == "" {
		return nil, errEmptySeparator
	}
	return newDelimited(spec, func(record string) ([]string, error) { return strings.Split(record, delimiter), nil })
}
