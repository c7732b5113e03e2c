package query

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"oakmoot/internal/druid"
)

// timeseries aggregates by time: TimeseriesQuery.
type timeseries struct {
	buckets
	filter      filter
	aggregators []aggregator
	post        []postAggregator
	descending  bool
	grandTotal  bool
	limit       int // 0 is none
}

// bucket is one row of a timeseries result.
type bucket struct {
	time   druid.Timestamp
	values []any // one per aggregator
}

func parseTimeseries(q *Query) (kind, error) {
	t := &timeseries{grandTotal: q.flag("grandTotal", false)}
	var err error
	if t.buckets, err = parseBuckets(q); err != nil {
		return nil, err
	}
	if t.filter, err = parseFilter(q.raw["filter"]); err != nil {
		return nil, err
	}
	var aggs, posts []json.RawMessage
	if err := cmp.Or(q.field("aggregations", &aggs), q.field("postAggregations", &posts), q.field("descending", &t.descending), q.field("limit", &t.limit)); err != nil {
		return nil, err
	}
	if t.aggregators, err = parseAggregators(aggs); err != nil {
		return nil, err
	}
	t.post, err = parsePostAggregators(posts, t.aggregators)
	return t, err
}

func (t *timeseries) run(ctx context.Context, q *Query, parts []Part) (Result, error) {
	return runEach(ctx, t, q, parts, func(p Part) (Result, error) { return t.part(q, p) })
}

// ofNothing is the answer when an aggregation of all time finds no rows:
// getNullTimeseriesResultValue.
func (t *timeseries) ofNothing(q *Query) []bucket {
	if !t.granularity.IsAll() || t.skipEmpty {
		return nil
	}
	b := bucket{values: make([]any, len(t.aggregators))}
	if len(q.Intervals) > 0 {
		b.time = q.Intervals[0].Start
	}
	for i, a := range t.aggregators {
		b.values[i] = a.zero()
	}
	return []bucket{b}
}

// part aggregates one part.
func (t *timeseries) part(q *Query, p Part) ([]bucket, error) {
	rows := chosen(t.filter, p.Segment)
	over := overAll(t.aggregators, p.Segment)
	var out []bucket
	err := t.each(q, p, rows, func(at druid.Timestamp, from, to int) error {
		b := bucket{at, make([]any, len(over))}
		for i, aggregate := range over {
			b.values[i] = aggregate(rows, from, to)
		}
		out = append(out, b)
		return nil
	})
	return out, err
}

func overAll(aggregators []aggregator, s Queryable) []func(rowSet, int, int) any {
	over := make([]func(rowSet, int, int) any, len(aggregators))
	for i, a := range aggregators {
		over[i] = a.over(s)
	}
	return over
}

func (t *timeseries) merge(q *Query, results []Result) Result {
	var all []bucket
	for _, r := range results {
		all = append(all, r.([]bucket)...)
	}
	if len(all) == 0 {
		return t.ofNothing(q)
	}
	slices.SortStableFunc(all, func(a, b bucket) int { return cmp.Compare(a.time, b.time) })
	var out []bucket
	for _, b := range all {
		n := len(out) - 1
		if n < 0 || !t.same(out[n].time, b.time) {
			out = append(out, bucket{b.time, slices.Clone(b.values)})
			continue
		}
		out[n].time = t.merged(out[n].time)
		for i, a := range t.aggregators {
			out[n].values[i] = a.combine(out[n].values[i], b.values[i])
		}
	}
	return out
}

// limited drops the buckets that the limit leaves out, in the query's order.
func (t *timeseries) limited(b []bucket) []bucket {
	switch {
	case t.limit <= 0 || t.limit >= len(b):
		return b
	case t.descending:
		return b[len(b)-t.limit:]
	}
	return b[:t.limit]
}

type timestamped struct {
	Timestamp *string         `json:"timestamp"`
	Result    json.RawMessage `json:"result"`
}

func (t *timeseries) write(_ *Query, r Result, final bool) ([]json.RawMessage, error) {
	buckets := t.limited(r.([]bucket))
	out := make([]json.RawMessage, len(buckets), len(buckets)+1)
	for i, b := range buckets {
		var err error
		if out[i], err = druid.Marshal(timestamped{t.show(b.time), t.values(b, final)}); err != nil {
			return nil, err
		}
	}
	if t.descending {
		slices.Reverse(out)
	}
	if !t.grandTotal || !final {
		return out, nil
	}
	total, err := druid.Marshal(timestamped{nil, t.values(t.total(buckets), final)})
	return append(out, total), err
}

func (t *timeseries) total(buckets []bucket) bucket {
	sum := bucket{values: make([]any, len(t.aggregators))}
	for i, a := range t.aggregators {
		sum.values[i] = a.zero()
		for _, b := range buckets {
			sum.values[i] = a.combine(sum.values[i], b.values[i])
		}
	}
	return sum
}

// values writes a bucket's values as an object. Java puts the aggregators into one map
// and copies that to add the post-aggregators, which decides the order.
func (t *timeseries) values(b bucket, final bool) json.RawMessage {
	values := make(map[string]any)
	shown := make(map[string]json.RawMessage)
	var names []string
	for i, a := range t.aggregators {
		names = append(names, a.name())
		values[a.name()] = b.values[i]
		shown[a.name()] = a.show(b.values[i], final)
	}
	names = hashOrder(names, defaultTable)
	for _, p := range t.post {
		values[p.name] = p.eval(values)
		if _, again := shown[p.name]; !again {
			names = append(names, p.name)
			shown[p.name] = writeValue(plain(values[p.name]))
		}
	}
	names = hashOrder(names, copiedTable(len(t.aggregators)))
	return object(names, func(name string) json.RawMessage { return shown[name] })
}

// object writes a JSON object with the keys in the given order.
func object(keys []string, value func(string) json.RawMessage) json.RawMessage {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, key := range keys {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(writeValue(key))
		b.WriteByte(':')
		b.Write(value(key))
	}
	b.WriteByte('}')
	return b.Bytes()
}

func (t *timeseries) read(_ *Query, elements []json.RawMessage) (Result, error) {
	out := make([]bucket, 0, len(elements))
	for _, raw := range elements {
		var row struct {
			Timestamp string                     `json:"timestamp"`
			Result    map[string]json.RawMessage `json:"result"`
		}
		if err := json.Unmarshal(raw, &row); err != nil {
			return nil, fmt.Errorf("timeseries row: %w", err)
		}
		at, err := druid.ParseTimestamp(row.Timestamp)
		if err != nil {
			return nil, fmt.Errorf("timeseries row: %w", err)
		}
		b := bucket{at, make([]any, len(t.aggregators))}
		for i, a := range t.aggregators {
			b.values[i] = a.zero()
			if v, ok := row.Result[a.name()]; ok {
				if b.values[i], err = a.read(v); err != nil {
					return nil, fmt.Errorf("timeseries row %s: %s: %w", row.Timestamp, a.name(), err)
				}
			}
		}
		out = append(out, b)
	}
	return out, nil
}
