package query

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/segment"
)

// segmentMetadata describes segments: SegmentMetadataQuery.
type segmentMetadata struct {
	analyses map[string]bool // cardinality, interval, minmax, size, aggregators, …
	columns  func(name string) bool
	together bool // merge
	lenient  bool // lenientAggregatorMerge
}

func parseSegmentMetadata(q *Query) (kind, error) {
	m := &segmentMetadata{analyses: map[string]bool{}}
	types := []string{"cardinality", "interval", "minmax"} // decoding overwrites it
	var include struct {
		Type    string   `json:"type"`
		Columns []string `json:"columns"`
	}
	if err := cmp.Or(q.field("analysisTypes", &types), q.field("merge", &m.together), q.field("lenientAggregatorMerge", &m.lenient), q.field("toInclude", &include)); err != nil {
		return nil, err
	}
	if n := q.node.of("toInclude"); !n.null() {
		if _, err := n.typeOf("toInclude", "metadata.metadata.ColumnIncluderator", "ColumnIncluderator, all, list, none"); err != nil {
			return nil, err
		}
	}
	for _, t := range types {
		m.analyses[t] = true
	}
	switch include.Type {
	case "", "all":
		m.columns = func(string) bool { return true }
	case "none":
		m.columns = func(string) bool { return false }
	case "list":
		m.columns = func(name string) bool { return slices.Contains(include.Columns, name) }
	default:
		return nil, fmt.Errorf("toInclude of type %q is not known", include.Type)
	}
	return m, nil
}

// analysis is SegmentAnalysis, with the keys in Java's order.
type analysis struct {
	ID               string          `json:"id"`
	Intervals        []string        `json:"intervals"`
	Columns          columnAnalyses  `json:"columns"`
	Size             int64           `json:"size"`
	Rows             int64           `json:"numRows"`
	Aggregators      json.RawMessage `json:"aggregators"`
	TimestampSpec    json.RawMessage `json:"timestampSpec"`
	QueryGranularity json.RawMessage `json:"queryGranularity"`
	Rollup           *bool           `json:"rollup"`
}

// columnAnalyses is written in order of name, both by a TreeMap and by encoding/json.
type columnAnalyses map[string]columnAnalysis

// columnAnalysis is ColumnAnalysis, with the keys in Java's order.
type columnAnalysis struct {
	Type        string          `json:"type"`
	Multiple    bool            `json:"hasMultipleValues"`
	Size        int64           `json:"size"`
	Cardinality *int            `json:"cardinality"`
	Min         json.RawMessage `json:"minValue"`
	Max         json.RawMessage `json:"maxValue"`
	Error       *string         `json:"errorMessage"`
}

func (m *segmentMetadata) run(ctx context.Context, q *Query, parts []Part) (Result, error) {
	return runEach(ctx, m, q, parts, func(p Part) (Result, error) { return []analysis{m.analyse(p)}, nil })
}

func (m *segmentMetadata) analyse(p Part) analysis {
	s := p.Segment
	a := analysis{ID: p.ID.String(), Rows: int64(s.Rows()), Columns: columnAnalyses{}}
	if m.analyses["interval"] {
		a.Intervals = []string{p.Interval.String()}
	}
	for _, name := range slices.Concat([]string{segment.TimeColumn}, s.Dimensions(), s.Metrics()) {
		if m.columns(name) {
			a.Columns[name] = m.column(s.Column(name))
		}
	}
	if m.analyses["size"] {
		m.sizes(&a, s)
	}
	if meta := s.Metadata(); meta != nil {
		m.metadata(&a, meta)
	}
	return a
}

// The bytes that a value would take in a text file of the rows: SegmentAnalyzer.
const (
	textNumber = 8
	textTime   = 10
	textBlank  = 1 // between two columns
)

// sizes fills in the sizes: those of the rows as text, which is all that size means in
// this query.
func (m *segmentMetadata) sizes(a *analysis, s Queryable) {
	for name, c := range a.Columns {
		switch col := s.Column(name).(type) {
		case *segment.StringColumn:
			for id := range uint32(col.Cardinality()) {
				c.Size += int64(len(col.Value(id))) * int64(col.Bitmap(id).GetCardinality())
			}
		case *segment.ComplexColumn:
		default:
			c.Size = a.Rows * textNumber
		}
		if name == segment.TimeColumn {
			c.Size = a.Rows * textTime
		}
		a.Columns[name] = c
		a.Size += c.Size
	}
	a.Size += a.Rows * textBlank * int64(len(a.Columns))
}

func (m *segmentMetadata) metadata(a *analysis, meta *segment.Metadata) {
	if m.analyses["aggregators"] {
		a.Aggregators = aggregatorsByName(meta.Aggregators)
	}
	if m.analyses["timestampSpec"] {
		a.TimestampSpec = meta.TimestampSpec
	}
	if m.analyses["queryGranularity"] {
		a.QueryGranularity = meta.QueryGranularity
	}
	if m.analyses["rollup"] {
		a.Rollup = meta.Rollup
	}
}

// aggregatorsByName is an object that maps names to factories.
func aggregatorsByName(factories []json.RawMessage) json.RawMessage {
	byName := make(map[string]json.RawMessage, len(factories))
	var names []string
	for _, raw := range factories {
		var named struct {
			Name string `json:"name"`
		}
		if json.Unmarshal(raw, &named) == nil {
			names = append(names, named.Name)
			byName[named.Name] = raw
		}
	}
	return object(hashOrder(names, defaultTable), func(name string) json.RawMessage { return byName[name] })
}

func (m *segmentMetadata) column(c segment.Column) columnAnalysis {
	a := columnAnalysis{Type: string(c.Type())}
	switch c := c.(type) {
	case *segment.StringColumn:
		a.Multiple = c.HasMultipleValues()
		n := 0
		if m.analyses["cardinality"] {
			n = c.Cardinality()
		}
		a.Cardinality = &n
		if m.analyses["minmax"] && c.Cardinality() > 0 {
			a.Min = writeValue(c.Value(0))
			a.Max = writeValue(c.Value(uint32(c.Cardinality() - 1)))
		}
	case *segment.ComplexColumn:
		a.Type = c.TypeName
	}
	return a
}

func (m *segmentMetadata) merge(_ *Query, results []Result) Result {
	var all []analysis
	for _, r := range results {
		all = append(all, r.([]analysis)...)
	}
	slices.SortStableFunc(all, func(a, b analysis) int { return cmp.Compare(a.ID, b.ID) })
	var out []analysis
	for _, a := range all {
		n := len(out) - 1
		if n < 0 || !m.together && out[n].ID != a.ID {
			out = append(out, a)
			continue
		}
		out[n] = m.joined(out[n], a)
	}
	return out
}

// joined is SegmentMetadataQueryQueryToolChest.mergeAnalyses.
func (m *segmentMetadata) joined(a, b analysis) analysis {
	if a.ID != b.ID {
		a.ID = "merged"
	}
	if a.Intervals != nil || b.Intervals != nil {
		a.Intervals = joinedIntervals(a.Intervals, b.Intervals)
	}
	columns := columnAnalyses{}
	for name, c := range a.Columns {
		columns[name] = c
	}
	for name, c := range b.Columns {
		if mine, ok := columns[name]; ok {
			c = joinedColumn(mine, c)
		}
		columns[name] = c
	}
	a.Columns = columns
	a.Size += b.Size
	a.Rows += b.Rows
	if m.lenient {
		a.Aggregators = lenientAggregators(a.Aggregators, b.Aggregators)
	} else {
		a.Aggregators = ifEqual(a.Aggregators, b.Aggregators)
	}
	a.TimestampSpec = ifEqual(a.TimestampSpec, b.TimestampSpec)
	a.QueryGranularity = ifEqual(a.QueryGranularity, b.QueryGranularity)
	if a.Rollup == nil || b.Rollup == nil || *a.Rollup != *b.Rollup {
		a.Rollup = nil
	}
	return a
}

func joinedIntervals(a, b []string) []string {
	var parsed []druid.Interval
	for _, text := range slices.Concat(a, b) {
		if i, err := druid.ParseInterval(text); err == nil {
			parsed = append(parsed, i)
		}
	}
	var out []string
	for _, i := range condense(parsed) {
		out = append(out, i.String())
	}
	return out
}

// joinedColumn is ColumnAnalysis.fold.
func joinedColumn(a, b columnAnalysis) columnAnalysis {
	if a.Type != b.Type {
		why := "error:cannot_merge_diff_types"
		return columnAnalysis{Type: "STRING", Size: -1, Error: &why}
	}
	a.Multiple = a.Multiple || b.Multiple
	a.Size += b.Size
	if a.Cardinality == nil || b.Cardinality != nil && *b.Cardinality > *a.Cardinality {
		a.Cardinality = b.Cardinality
	}
	if a.Min == nil || b.Min != nil && textOf(b.Min) < textOf(a.Min) {
		a.Min = b.Min
	}
	if a.Max == nil || b.Max != nil && textOf(b.Max) > textOf(a.Max) {
		a.Max = b.Max
	}
	return a
}

func textOf(raw json.RawMessage) string {
	var s string
	_ = json.Unmarshal(raw, &s) // anything but a string compares as empty
	return s
}

func ifEqual(a, b json.RawMessage) json.RawMessage {
	if string(a) != string(b) {
		return nil
	}
	return a
}

func (m *segmentMetadata) write(_ *Query, r Result, _ bool) ([]json.RawMessage, error) {
	return writeElements[analysis](r)
}

func (m *segmentMetadata) read(_ *Query, elements []json.RawMessage) (Result, error) {
	return readElements[analysis]("segmentMetadata", elements)
}
