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

// boundary is a timeBoundary result; its zero value means no rows.
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
	return runEach(ctx, t, q, parts, func(p Part) (Result, error) { return t.part(q, p), nil })
}

// part looks at all rows of a segment that the query's intervals touch: Druid considers
// the intervals again only if there is a filter.
func (t *timeBoundary) part(q *Query, p Part) boundary {
	times := p.Segment.Times()
	clips := []druid.Interval{druid.Eternity}
	if t.filter != nil {
		clips = q.clip(p)
	}
	rows := chosen(t.filter, p.Segment)
	var b boundary
	for _, i := range clips {
		from, to := rowsIn(times, i)
		first, last, any := ends(rows, from, to)
		if !any {
			continue
		}
		if !b.found {
			b = boundary{true, druid.Timestamp(times[first]), 0}
		}
		b.max = druid.Timestamp(times[last])
	}
	return b
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
	keys, times, at := hashOrder([]string{"minTime", "maxTime"}, defaultTable), map[string]druid.Timestamp{"minTime": b.min, "maxTime": b.max}, b.min
	if _, one := times[t.bound]; one {
		keys, at = []string{t.bound}, times[t.bound]
	}
	text := at.String()
	row, err := druid.Marshal(timestamped{
		Timestamp: &text,
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
