package query

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/segment"
)

// scan returns rows as they are: ScanQuery.
type scan struct {
	columns   []string
	filter    filter
	batch     int
	limit     int64
	compacted bool // rows as lists rather than objects
}

// scanBatch is one element of a scan's answer, with the keys in Java's order.
type scanBatch struct {
	SegmentID string            `json:"segmentId"`
	Columns   []string          `json:"columns"`
	Events    []json.RawMessage `json:"events"`
}

const defaultScanBatch = 4096 * 5

func parseScan(q *Query) (kind, error) {
	s := &scan{batch: defaultScanBatch}
	format := "list"
	if err := cmp.Or(q.field("columns", &s.columns), q.field("batchSize", &s.batch),
		q.field("limit", &s.limit), q.field("resultFormat", &format)); err != nil {
		return nil, err
	}
	switch format {
	case "list":
	case "compactedList":
		s.compacted = true
	default:
		return nil, bad("resultFormat %q is not supported; known are list, compactedList", format)
	}
	if s.batch <= 0 || s.limit < 0 {
		return nil, refused(q.class(), "batchSize must be greater than 0 and limit must not be negative")
	}
	var err error
	s.filter, err = parseFilter(q.raw["filter"])
	return s, err
}

func (s *scan) run(ctx context.Context, q *Query, parts []Part) (Result, error) {
	return runEach(ctx, s, q, parts, func(p Part) (Result, error) { return s.part(q, p), nil })
}

func (s *scan) part(q *Query, p Part) []scanBatch {
	names := s.columns
	if len(names) == 0 {
		names = allColumns(p.Segment)
	}
	columns := make([]segment.Column, len(names))
	for i, name := range names {
		columns[i] = p.Segment.Column(name)
	}
	rows := chosen(s.filter, p.Segment)
	var out []scanBatch
	for _, i := range q.clip(p) {
		from, to := rowsIn(p.Segment.Times(), i)
		rows.each(from, to, func(row int) {
			if n := len(out); n == 0 || len(out[n-1].Events) == s.batch {
				out = append(out, scanBatch{SegmentID: p.ID.String(), Columns: names})
			}
			last := &out[len(out)-1]
			last.Events = append(last.Events, s.event(names, columns, row))
		})
	}
	return out
}

// allColumns returns the time, the dimensions, and the metrics in the order of a
// HashSet of all columns: QueryableIndexStorageAdapter.getAvailableMetrics.
func allColumns(s Queryable) []string {
	names := append([]string{segment.TimeColumn}, s.Dimensions()...)
	for _, name := range hashOrder(slices.Concat(s.Metrics(), s.Dimensions()), defaultTable) {
		if slices.Contains(s.Metrics(), name) {
			names = append(names, name)
		}
	}
	return names
}

func (s *scan) event(names []string, columns []segment.Column, row int) json.RawMessage {
	if s.compacted {
		values := make([]json.RawMessage, len(columns))
		for i, c := range columns {
			values[i] = writeValue(cell(c, row))
		}
		b, _ := druid.Marshal(values) // every value is JSON already
		return b
	}
	i := -1
	return object(names, func(string) json.RawMessage {
		i++
		return writeValue(cell(columns[i], row))
	})
}

// merge concatenates batches and cuts them off at the limit.
func (s *scan) merge(_ *Query, results []Result) Result {
	left := s.limit
	var out []scanBatch
	for _, r := range results {
		for _, b := range r.([]scanBatch) {
			if s.limit > 0 {
				if left == 0 {
					return out
				}
				b.Events = b.Events[:min(left, int64(len(b.Events)))]
				left -= int64(len(b.Events))
			}
			out = append(out, b)
		}
	}
	return out
}

func (s *scan) write(_ *Query, r Result, _ bool) ([]json.RawMessage, error) {
	return writeElements[scanBatch](r)
}

func (s *scan) read(_ *Query, elements []json.RawMessage) (Result, error) {
	return readElements[scanBatch]("scan", elements)
}
