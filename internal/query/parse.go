package query

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"oakmoot/internal/druid"
)

// kinds are the query types that can be answered.
var kinds = map[string]func(*Query) (kind, error){
	"timeBoundary":    parseTimeBoundary,
	"timeseries":      parseTimeseries,
	"segmentMetadata": parseSegmentMetadata,
	"scan":            parseScan,
	"topN":            parseTopN,
}

// Parse reads a query. An error is an *Error with the body that Druid answers.
func Parse(body []byte) (*Query, error) {
	q := &Query{raw: map[string]json.RawMessage{}}
	if trimmed := bytes.TrimLeft(body, " \t\r\n"); len(trimmed) > 0 && trimmed[0] != '{' && json.Valid(body) {
		return nil, bad("Unexpected token (END_ARRAY), expected VALUE_STRING: need JSON String that contains type id (for subtype of org.apache.druid.query.Query)")
	}
	if err := q.decode(body); err != nil {
		return nil, &Error{Code: UnknownException, Message: err.Error(), Class: classParse}
	}
	if err := q.parse(); err != nil {
		var e *Error
		if errors.As(err, &e) {
			return nil, e
		}
		return nil, bad("%v", err)
	}
	return q, nil
}

// decode keeps the keys in their order, to write the query again.
func (q *Query) decode(body []byte) error {
	d := json.NewDecoder(bytes.NewReader(body))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return cmp.Or(err, errors.New("Unexpected end-of-input"))
	}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return err
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return err
		}
		key := t.(string) // the decoder lets nothing else be a key
		if _, twice := q.raw[key]; !twice {
			q.keys = append(q.keys, key)
		}
		q.raw[key] = value
	}
	_, err := d.Token()
	return err
}

func (q *Query) parse() error {
	if err := q.field("queryType", &q.Type); err != nil {
		return err
	}
	if q.Type == "" {
		return bad("Unexpected token (END_OBJECT), expected FIELD_NAME: missing property 'queryType' that is to contain type id  (for class org.apache.druid.query.Query)")
	}
	parse, ok := kinds[q.Type]
	if !ok && slices.Contains(strings.Split(knownQueries, ", "), q.Type) {
		return bad("queries of type %s are not supported", q.Type)
	}
	if !ok {
		return unknownType(q.Type, "Query", knownQueries)
	}
	var err error
	if raw := q.raw["dataSource"]; isNull(raw) {
		return refused(q.class(), "dataSource can't be null")
	}
	if q.DataSources, err = parseDataSource(q.raw["dataSource"]); err != nil {
		return err
	}
	if err := q.parseIntervals(q.raw["intervals"]); err != nil {
		return err
	}
	if err := q.field("context", &q.Context); err != nil {
		return err
	}
	q.kind, err = parse(q)
	return err
}

// class is the query's class in Java, below org.apache.druid.query.
func (q *Query) class() string {
	return map[string]string{
		"timeBoundary": "timeboundary.TimeBoundaryQuery", "timeseries": "timeseries.TimeseriesQuery",
		"segmentMetadata": "metadata.metadata.SegmentMetadataQuery", "scan": "scan.ScanQuery",
		"topN": "topn.TopNQuery",
	}[q.Type]
}

// field reads a key of the query; a missing one or null leaves to as it is.
func (q *Query) field(name string, to any) error {
	raw := q.raw[name]
	if isNull(raw) {
		return nil
	}
	if err := json.Unmarshal(raw, to); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// parseDataSource reads "name", {"type":"table"} or {"type":"union"}.
func parseDataSource(raw json.RawMessage) ([]string, error) {
	var name string
	if json.Unmarshal(raw, &name) == nil {
		return []string{name}, nil
	}
	var spec struct {
		Type        string            `json:"type"`
		Name        string            `json:"name"`
		DataSources []json.RawMessage `json:"dataSources"`
	}
	if err := json.Unmarshal(raw, &spec); err != nil {
		return nil, fmt.Errorf("dataSource: %w", err)
	}
	switch {
	case spec.Type == "table" && spec.Name != "":
		return []string{spec.Name}, nil
	case spec.Type == "union" && len(spec.DataSources) > 0:
		var names []string
		for _, member := range spec.DataSources {
			inner, err := parseDataSource(member)
			if err != nil {
				return nil, err
			}
			names = append(names, inner...)
		}
		return names, nil
	}
	return nil, fmt.Errorf("dataSource of type %q is not supported", spec.Type)
}

// parseIntervals reads a list of intervals, one interval, or
// {"type":"intervals"} or {"type":"segments"}. Without any it is eternity.
func (q *Query) parseIntervals(raw json.RawMessage) error {
	if isNull(raw) {
		if q.Type == "timeseries" || q.Type == "topN" {
			return refused(q.class(), "querySegmentSpec can't be null")
		}
		q.Intervals = []druid.Interval{druid.Eternity}
		return nil
	}
	var texts []string
	if raw[0] == '{' {
		var spec struct {
			Type      string          `json:"type"`
			Intervals json.RawMessage `json:"intervals"`
			Segments  []Descriptor    `json:"segments"`
		}
		if err := json.Unmarshal(raw, &spec); err != nil {
			return fmt.Errorf("intervals: %w", err)
		}
		switch spec.Type {
		case "intervals", "LegacySegmentSpec":
			return q.parseIntervals(spec.Intervals)
		case "segments":
			return q.parseDescriptors(spec.Segments)
		}
		return fmt.Errorf("intervals of type %q are not known", spec.Type)
	}
	if json.Unmarshal(raw, &texts) != nil {
		var one string
		if err := json.Unmarshal(raw, &one); err != nil {
			return fmt.Errorf("intervals: %w", err)
		}
		texts = strings.Split(one, ",")
	}
	var intervals []druid.Interval
	for _, text := range texts {
		i, err := druid.ParseInterval(strings.TrimSpace(text))
		if err != nil {
			return refused("spec.LegacySegmentSpec", "%v", err)
		}
		intervals = append(intervals, i)
	}
	q.Intervals = condense(intervals)
	return nil
}

func (q *Query) parseDescriptors(segments []Descriptor) error {
	q.Descriptors = slices.Concat([]Descriptor{}, segments)
	var intervals []druid.Interval
	for _, d := range segments {
		intervals = append(intervals, d.Interval)
	}
	q.Intervals = condense(intervals)
	return nil
}

// condense sorts intervals and joins those that overlap or abut:
// JodaUtils.condenseIntervals.
func condense(intervals []druid.Interval) []druid.Interval {
	intervals = slices.Clone(intervals)
	slices.SortFunc(intervals, func(a, b druid.Interval) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End))
	})
	var out []druid.Interval
	for _, i := range intervals {
		if n := len(out); n > 0 && i.Start <= out[n-1].End {
			out[n-1].End = max(out[n-1].End, i.End)
			continue
		}
		out = append(out, i)
	}
	return out
}

// isNull tells whether a field is missing or null, which Jackson does not tell
// apart.
func isNull(raw json.RawMessage) bool {
	return len(raw) == 0 || string(raw) == "null"
}
