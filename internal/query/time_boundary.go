package query

import (
	"context"
	"encoding/json"
	"fmt"

	"oakmoot/internal/druid"
)

// timeBoundary finds the first and the last row: TimeBoundaryQuery.
type timeBoundary struct {
	bound  string // minTime, maxTime, or "" for both
	filter filter
}

// boundary is a timeBoundary result; the zero value is that of no rows.
type boundary struct {
	found    bool
	min, max druid.Timestamp
}

func parseTimeBoundary(q *Query) (kind, error) {
	t := &timeBoundary{}
	if err := q.field("bound", &t.bound); err != nil {
		return nil, err
	}
	var err error
	t.filter, err = parseFilter(q.raw["filter"])
	return t, err
}

func (t *timeBoundary) run(ctx context.Context, q *Query, parts []Part) (Result, error) {
	var results []Result
	for _, p := range parts {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		rows, times := chosen(t.filter, p.Segment), p.Segment.Times()
		for _, i := range q.clip(p) {
			from, to := rowsIn(times, i)
			var b boundary
			rows.each(from, to, func(row int) {
				if at := druid.Timestamp(times[row]); !b.found {
					b = boundary{true, at, at}
				} else {
					b.max = at
				}
			})
			results = append(results, b)
		}
	}
	return t.merge(q, results), nil
}

func (t *timeBoundary) merge(_ *Query, results []Result) Result {
	var out boundary
	for _, r := range results {
		b := r.(boundary)
		switch {
		case !b.found:
		case !out.found:
			out = b
		default:
			out.min, out.max = min(out.min, b.min), max(out.max, b.max)
		}
	}
	return out
}

func (t *timeBoundary) write(_ *Query, r Result, _ bool) ([]json.RawMessage, error) {
	b := r.(boundary)
	if !b.found {
		return nil, nil
	}
	keys, times, at := []string{"minTime", "maxTime"}, map[string]druid.Timestamp{"minTime": b.min, "maxTime": b.max}, b.min
	if _, one := times[t.bound]; one {
		keys, at = []string{t.bound}, times[t.bound]
	}
	row, err := druid.Marshal(timestamped{
		Timestamp: at.String(),
		Result:    object(keys, func(key string) json.RawMessage { return writeValue(times[key].String()) }),
	})
	return []json.RawMessage{row}, err
}

func (t *timeBoundary) read(q *Query, elements []json.RawMessage) (Result, error) {
	var results []Result
	for _, raw := range elements {
		var row struct {
			Result map[string]string `json:"result"`
		}
		if err := json.Unmarshal(raw, &row); err != nil {
			return nil, fmt.Errorf("timeBoundary: %w", err)
		}
		for _, text := range row.Result {
			at, err := druid.ParseTimestamp(text)
			if err != nil {
				return nil, fmt.Errorf("timeBoundary: %w", err)
			}
			results = append(results, boundary{true, at, at})
		}
	}
	return t.merge(q, results), nil
}
