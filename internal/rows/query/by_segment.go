package query

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"oakmoot/internal/druid"
)

// bySegment answers a query separately for each segment, as the context key bySegment
// demands: BySegmentQueryRunner. Druid's broker does so too when it caches results.
type bySegment struct{ of perSegment }

// perSegment is a type of query that can answer for a single part.
type perSegment interface {
	kind
	one(q *Query, p Part) (Result, error)
}

// ofSegment is the answer for one segment: BySegmentResultValueClass.
type ofSegment struct {
	time     druid.Timestamp // the segment's start
	segment  string
	interval druid.Interval // which part of it was queried
	results  []Result       // of its parts
}

func newBySegment(q *Query) (kind, error) {
	of, ok := q.kind.(perSegment)
	if !ok {
		return nil, bad("context: bySegment is not supported for queries of type %s", q.Type)
	}
	if t, ok := of.(*timeseries); ok && (t.grandTotal || t.limit > 0) {
		return nil, bad("context: bySegment is not supported together with grandTotal or a limit")
	}
	return &bySegment{of}, nil
}

func (b *bySegment) run(ctx context.Context, q *Query, parts []Part) (Result, error) {
	var out []ofSegment
	for _, p := range parts {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		r, err := b.of.one(q, p)
		if err != nil {
			return nil, err
		}
		if n := len(out); n > 0 && out[n-1].segment == p.ID.String() && out[n-1].interval == p.Interval {
			out[n-1].results = append(out[n-1].results, r)
			continue
		}
		out = append(out, ofSegment{p.ID.Interval.Start, p.ID.String(), p.Interval, []Result{r}})
	}
	return b.merge(q, []Result{out}), nil
}

// merge puts the segments in order: Query.getResultOrdering.
func (b *bySegment) merge(_ *Query, results []Result) Result {
	var all []ofSegment
	for _, r := range results {
		all = append(all, r.([]ofSegment)...)
	}
	t, ok := b.of.(*timeseries)
	descending := ok && t.descending
	slices.SortStableFunc(all, func(x, y ofSegment) int {
		if descending {
			x, y = y, x
		}
		return cmp.Compare(x.time, y.time)
	})
	return all
}

// bySegmentJSON has the keys in Java's order.
type bySegmentJSON struct {
	Results  []json.RawMessage `json:"results"`
	Segment  string            `json:"segment"`
	Interval druid.Interval    `json:"interval"`
}

func (b *bySegment) write(q *Query, r Result, final bool) ([]json.RawMessage, error) {
	var out []json.RawMessage
	for _, s := range r.([]ofSegment) {
		value := bySegmentJSON{[]json.RawMessage{}, s.segment, s.interval}
		for _, r := range s.results {
			elements, err := b.of.write(q, r, final)
			if err != nil {
				return nil, err
			}
			value.Results = append(value.Results, elements...)
		}
		raw, err := druid.Marshal(value)
		if err != nil {
			return nil, err
		}
		at := s.time.String()
		row, err := druid.Marshal(timestamped{&at, raw})
		if err != nil {
			return nil, err
		}
		out = append(out, row)
	}
	return out, nil
}

func (b *bySegment) read(q *Query, elements []json.RawMessage) (Result, error) {
	var out []ofSegment
	for _, raw := range elements {
		var row struct {
			Timestamp druid.Timestamp `json:"timestamp"`
			Result    bySegmentJSON   `json:"result"`
		}
		if err := json.Unmarshal(raw, &row); err != nil {
			return nil, fmt.Errorf("result of a segment: %w", err)
		}
		s := ofSegment{time: row.Timestamp, segment: row.Result.Segment, interval: row.Result.Interval}
		for _, element := range row.Result.Results {
			r, err := b.of.read(q, []json.RawMessage{element})
			if err != nil {
				return nil, err
			}
			s.results = append(s.results, r)
		}
		out = append(out, s)
	}
	return out, nil
}

func (t *timeseries) one(q *Query, p Part) (Result, error) {
	buckets, err := t.part(q, p)
	return buckets, err
}

func (t *topN) one(q *Query, p Part) (Result, error) {
	buckets, err := t.part(q, p)
	return t.cut(buckets), err
}

func (t *timeBoundary) one(q *Query, p Part) (Result, error) { return t.part(q, p), nil }

func (m *segmentMetadata) one(_ *Query, p Part) (Result, error) { return []analysis{m.analyse(p)}, nil }
