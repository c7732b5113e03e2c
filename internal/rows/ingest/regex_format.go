package ingest

import (
	"errors"
	"fmt"
	"regexp"
)

// regexFormat reads the groups of a regular expression: RegexParser. The expressions
// are Go's, which lack what needs backtracking.
type regexFormat struct {
	pattern *regexp.Regexp
	list    *regexp.Regexp
	columns []string
}

func newRegex(spec parseSpec) (recordFormat, error) {
	if spec.Pattern == nil {
		return nil, exception(nullPointer, "parseSpec of format regex requires pattern")
	}
	if _, err := regexp.Compile(*spec.Pattern); err != nil {
		return nil, &Exception{patternSyntax, err.Error(), err}
	}
	list, err := regexp.Compile(or(spec.ListDelimiter, defaultListDelimiter))
	if err != nil {
		return nil, &Exception{patternSyntax, err.Error(), err}
	}
	if list.MatchString("") {
		return nil, exception(illegalArgument, "The pattern may not match the empty string: %s", list)
	}
	f := &regexFormat{regexp.MustCompile(`^(?:` + *spec.Pattern + `)$`), list, spec.columns()}
	if spec.Columns == nil {
		for i := range f.pattern.NumSubexp() {
			f.columns = append(f.columns, fmt.Sprintf("column_%d", i+1))
		}
	}
	return f, uniqueColumns(f.columns)
}

func (f *regexFormat) startFile() {}

func (f *regexFormat) fields(record string) ([]string, map[string]any, error) {
	at := f.pattern.FindStringSubmatchIndex(record)
	if at == nil {
		return nil, nil, fmt.Errorf("Incorrect Regex: %s . No match found.", f.pattern)
	}
	groups := make([]string, len(at)/2-1)
	for i := range groups {
		start, end := at[2*i+2], at[2*i+3]
		if start < 0 && i < len(f.columns) {
			return nil, nil, errors.New("a group matched nothing")
		}
		groups[i] = record[max(start, 0):max(end, 0)]
	}
	keys, event := zip(f.columns, groups, f.value)
	return keys, event, nil
}

func (f *regexFormat) value(s string) any {
	parts := f.list.Split(s, -1)
	if len(parts) == 1 {
		return nullIfEmpty(s)
	}
	list := make([]any, len(parts))
	for i, part := range parts {
		list[i] = nullIfEmpty(part)
	}
	return list
}
