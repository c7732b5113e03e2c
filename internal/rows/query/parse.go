package query

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"oakmoot/internal/druid"
)

// kinds are the query types that are supported.
var kinds = map[string]func(*Query) (kind, error){
	"timeBoundary":    parseTimeBoundary,
	"timeseries":      parseTimeseries,
	"segmentMetadata": parseSegmentMetadata,
	"scan":            parseScan,
	"topN":            parseTopN,
}

// Parse reads a query. An error is an *Error with the body of Druid's answer.
func Parse(body []byte) (*Query, error) {
	q := &Query{raw: map[string]json.RawMessage{}}
	if trimmed := bytes.TrimLeft(body, " \t\r\n"); len(trimmed) > 0 && trimmed[0] != '{' && json.Valid(body) {
		return nil, bad("Unexpected token (END_ARRAY), expected VALUE_STRING: need JSON String that contains type id (for subtype of org.apache.druid.query.Query)")
	}
	if err := q.decode(body); err != nil {
		var e *Error
		if errors.As(err, &e) {
			return nil, e
		}
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

// decode takes the query apart and, like Jackson, ignores what follows it.
func (q *Query) decode(body []byte) error {
	var first json.RawMessage
	if err := json.NewDecoder(bytes.NewReader(body)).Decode(&first); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return errors.New("Unexpected end-of-input")
		}
		return err
	}
	n, err := readNode(first)
	if err != nil {
		return err
	}
	if n.members == nil {
		return fmt.Errorf("Unexpected token (%s), expected START_OBJECT", n.token())
	}
	q.node, q.keys = n, n.keys
	for key, member := range n.members {
		q.raw[key] = member.raw
	}
	return nil
}

func (q *Query) parse() error {
	if err := q.field("queryType", &q.Type); err != nil {
		return err
	}
	if q.Type == "" {
		return bad("Unexpected token (END_OBJECT), expected FIELD_NAME: missing property 'queryType' that is to contain type id  (for class org.apache.druid.query.Query)")
	}
	if !knows("query", q.Type) {
		return unknownType(q.Type, "Query", knownQueries)
	}
	if err := check("query", q.Type, q.node); err != nil {
		return err
	}
	var err error
	if raw := q.raw["dataSource"]; isNull(raw) {
		return refused(q.class(), "dataSource can't be null")
	}
	if q.DataSources, err = dataSourcesOf(q.node.of("dataSource")); err != nil {
		return err
	}
	if err := q.parseIntervals(q.node.of("intervals")); err != nil {
		return err
	}
	if err := q.field("context", &q.Context); err != nil {
		return err
	}
	if err := contextWords.check("context", q.node.of("context")); err != nil {
		return err
	}
	q.kind, err = kinds[q.Type](q)
	if err == nil && q.flag("bySegment", false) {
		q.kind, err = newBySegment(q)
	}
	return err
}

// class is the query's Java class, below org.apache.druid.query.
func (q *Query) class() string {
	return map[string]string{
		"timeBoundary": "timeboundary.TimeBoundaryQuery", "timeseries": "timeseries.TimeseriesQuery",
		"segmentMetadata": "metadata.metadata.SegmentMetadataQuery", "scan": "scan.ScanQuery",
		"topN": "topn.TopNQuery",
	}[q.Type]
}

// field reads a key of the query; if it is missing or null, to keeps its value.
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

// dataSourcesOf reads "name", {"type":"table"} or {"type":"union"}.
func dataSourcesOf(n node) ([]string, error) {
	if n.raw[0] == '"' {
		return []string{n.text}, nil
	}
	kind, err := n.typeOf("dataSource", "DataSource", "DataSource, query, table, union")
	if err != nil {
		return nil, err
	}
	if kind == "table" {
		name, err := n.of("name").string()
		if err == nil && name == nil {
			err = refused("TableDataSource", "dataSource can't be null")
		}
		return []string{orEmpty(name)}, err
	}
	members, err := n.of("dataSources").list()
	if err != nil {
		return nil, inside("dataSources", err)
	}
	var names []string
	for _, member := range members {
		inner, err := dataSourcesOf(member)
		if err != nil {
			return nil, err
		}
		names = append(names, inner...)
	}
	if len(names) == 0 {
		return nil, refused("UnionDataSource", "dataSources cannot be null for unionDataSource")
	}
	return names, nil
}

// parseIntervals reads a list of intervals, a single interval, or {"type":"intervals"}
// or {"type":"segments"}. Without any it is eternity.
func (q *Query) parseIntervals(n node) error {
	if n.null() {
		if q.Type == "timeseries" || q.Type == "topN" {
			return refused(q.class(), "querySegmentSpec can't be null")
		}
		q.Intervals = []druid.Interval{druid.Eternity}
		return nil
	}
	if kind := n.of("type"); !kind.null() {
		kind, err := n.typeOf("intervals", "spec.QuerySegmentSpec", "QuerySegmentSpec, intervals, segments")
		if err != nil {
			return err
		}
		if kind == "segments" {
			var segments []Descriptor
			if err := json.Unmarshal([]byte(cmp.Or(string(n.of("segments").raw), "null")), &segments); err != nil {
				return fmt.Errorf("intervals: %w", err)
			}
			return q.parseDescriptors(segments)
		}
	}
	texts, err := intervalTexts(n)
	if err != nil {
		return fmt.Errorf("intervals: %w", err)
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

// intervalTexts returns the intervals of a list, of a text with commas, or of an object
// with either: LegacySegmentSpec.convertValue.
func intervalTexts(n node) ([]string, error) {
	if n.members != nil {
		return intervalTexts(n.of("intervals"))
	}
	if n.items == nil {
		one, err := n.string()
		return strings.Split(orEmpty(one), ","), err
	}
	texts, err := n.strings()
	out := make([]string, len(texts))
	for i, text := range texts {
		out[i] = orEmpty(text)
	}
	return out, err
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

// isNull reports whether a field is missing or null, which Jackson does not
// distinguish.
func isNull(raw json.RawMessage) bool {
	return len(raw) == 0 || string(raw) == "null"
}
