package query

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/segment"
)

// topN aggregates by the values of one dimension and keeps the highest:
// TopNQuery.
type topN struct {
	buckets
	dimension, output string
	metric            topNMetric
	threshold         int
	filter            filter
	aggregators       []aggregator
	post              []postAggregator
}

// topNBucket holds the aggregated values of one bucket of time, by the dimension's
// values.
type topNBucket struct {
	time   druid.Timestamp
	values map[string][]any
	order  []string // of the values, as Druid meets them
	sorted bool     // order is that of the answer
}

// minTopNThreshold is the least number of values that a server returns, so that what a
// broker makes of several answers is roughly right.
const minTopNThreshold = 1000

func parseTopN(q *Query) (kind, error) {
	t := &topN{}
	var aggs, posts []json.RawMessage
	if err := cmp.Or(q.field("aggregations", &aggs), q.field("postAggregations", &posts), q.field("threshold", &t.threshold)); err != nil {
		return nil, err
	}
	var err error
	if t.buckets, err = parseBuckets(q); err != nil {
		return nil, err
	}
	t.skipEmpty = false // only timeseries has it
	if t.filter, err = parseFilter(q.raw["filter"]); err != nil {
		return nil, err
	}
	if t.aggregators, err = parseAggregators(aggs); err != nil {
		return nil, err
	}
	if t.post, err = parsePostAggregators(posts, t.aggregators); err != nil {
		return nil, err
	}
	if t.dimension, t.output, err = parseDimension(q.raw["dimension"]); err != nil {
		return nil, err
	}
	if t.metric, err = parseTopNMetric(q); err != nil {
		return nil, err
	}
	if t.threshold <= 0 {
		return nil, refused(q.class(), "Threshold cannot be equal to 0.")
	}
	return t, t.checkMetric()
}

func (t *topN) checkMetric() error {
	if t.metric.compare != nil {
		return nil
	}
	for _, a := range t.aggregators {
		if a.name() == t.metric.field {
			return nil
		}
	}
	if slices.ContainsFunc(t.post, func(p postAggregator) bool { return p.name == t.metric.field }) {
		return nil
	}
	return refused("topn.TopNQuery", "Must have an AggregatorFactory or PostAggregator for metric[%s]", t.metric.field)
}

// parseDimension reads a dimension's name, or a spec of type default with strings as
// output. Druid's broker writes a dimension that came as a name as an object whose type
// is the name of its class, LegacyDimensionSpec.
func parseDimension(raw json.RawMessage) (name, output string, err error) {
	n, err := readNode(raw)
	if err != nil {
		return "", "", inside("dimension", err)
	}
	if n.null() {
		return "", "", refused("topn.TopNQuery", "dimensionSpec can't be null")
	}
	if n.members == nil {
		text, err := n.string()
		if orEmpty(text) == "" && err == nil {
			err = bad("dimension: a name is wanted")
		}
		return orEmpty(text), orEmpty(text), err
	}
	if kind := n.of("type"); kind.null() { // Druid then takes LegacyDimensionSpec
		return "", "", bad("dimension %s: a type is wanted", raw)
	}
	if _, err := n.typeOf("dimension", "dimension.DimensionSpec", "DimensionSpec, default, extraction, listFiltered, prefixFiltered, regexFiltered"); err != nil {
		return "", "", err
	}
	var dimension, outputName, outputType *string
	for key, to := range map[string]**string{"dimension": &dimension, "outputName": &outputName, "outputType": &outputType} {
		if *to, err = n.of(key).string(); err != nil {
			return "", "", inside("dimension: "+key, err)
		}
	}
	if orEmpty(dimension) == "" || outputType != nil && !strings.EqualFold(*outputType, "STRING") {
		return "", "", bad("dimension %s: only output type STRING is supported", raw)
	}
	return *dimension, cmp.Or(orEmpty(outputName), *dimension), nil
}

// run keeps no more than the threshold from a segment, or from several combined: a
// value that is high in all but among the highest in none is lost, as in
// PooledTopNAlgorithm and TopNBinaryFn. A broker asks for at least minTopNThreshold, so
// it hardly notices.
func (t *topN) run(ctx context.Context, q *Query, parts []Part) (Result, error) {
	var merged Result = []topNBucket(nil)
	for _, p := range parts {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		one, err := t.part(q, p)
		if err != nil {
			return nil, err
		}
		merged = t.merge(q, []Result{merged, t.cut(one)})
		t.cut(merged.([]topNBucket))
	}
	return merged, nil
}

// cut removes all but the highest values from the buckets, and sorts those.
func (t *topN) cut(buckets []topNBucket) []topNBucket {
	for i := range buckets {
		b := &buckets[i]
		kept := t.highest(*b)
		b.order, b.sorted = b.order[:0], true
		values := make(map[string][]any, len(kept))
		for _, e := range kept {
			values[e.value] = e.sums
			b.order = append(b.order, e.value)
		}
		b.values = values
	}
	return buckets
}

func (t *topN) part(q *Query, p Part) ([]topNBucket, error) {
	rows := chosen(t.filter, p.Segment)
	over := overAll(t.aggregators, p.Segment)
	values := valuesOf(p.Segment.Column(t.dimension))
	var out []topNBucket
	err := t.each(q, p, rows, func(at druid.Timestamp, from, to int) error {
		b := topNBucket{time: at, values: make(map[string][]any)}
		rows.each(from, to, func(row int) {
			for _, v := range values(row) {
				b.add(v, t.aggregators, func(i int) any { return over[i](allRows{}, row, row+1) })
			}
		})
		slices.SortFunc(b.order, segment.CompareStrings) // by the ids of the dictionary
		out = append(out, b)
		return nil
	})
	return out, err
}

// add combines further values into those of one value of the dimension.
func (b *topNBucket) add(value string, aggregators []aggregator, next func(i int) any) {
	sums, ok := b.values[value]
	if !ok {
		sums = make([]any, len(aggregators))
		b.values[value] = sums
		b.order = append(b.order, value)
	}
	for i, a := range aggregators {
		if !ok {
			sums[i] = a.zero()
		}
		sums[i] = a.combine(sums[i], next(i))
	}
}

// valuesOf reads a column as a dimension: numbers as Java prints them, and a missing
// one as null. A row with an empty list has no value at all.
func valuesOf(c segment.Column) func(row int) []string {
	null := []string{""}
	if c, ok := c.(*segment.StringColumn); ok {
		return c.Strings
	}
	return func(row int) []string {
		switch v := cell(c, row).(type) {
		case int64, float64, float32:
			return []string{unquoted(writeValue(v))}
		}
		return null
	}
}

func (t *topN) merge(_ *Query, results []Result) Result {
	var all []topNBucket
	for _, r := range results {
		all = append(all, r.([]topNBucket)...)
	}
	slices.SortStableFunc(all, func(a, b topNBucket) int { return cmp.Compare(a.time, b.time) })
	var out []topNBucket
	for _, b := range all {
		n := len(out) - 1
		if n < 0 || !t.same(out[n].time, b.time) {
			values := maps.Clone(b.values)
			for value, sums := range values {
				values[value] = slices.Clone(sums)
			}
			out = append(out, topNBucket{b.time, values, slices.Clone(b.order), b.sorted})
			continue
		}
		out[n].time, out[n].sorted = t.merged(out[n].time), false
		for _, value := range b.order {
			sums := b.values[value]
			out[n].add(value, t.aggregators, func(i int) any { return sums[i] })
		}
	}
	return out
}

func (t *topN) write(_ *Query, r Result, final bool) ([]json.RawMessage, error) {
	var out []json.RawMessage
	for _, b := range r.([]topNBucket) {
		entries, err := druid.Marshal(t.entries(b, final))
		if err != nil {
			return nil, err
		}
		row, err := druid.Marshal(timestamped{t.show(b.time), entries})
		if err != nil {
			return nil, err
		}
		out = append(out, row)
	}
	return out, nil
}

// entries returns the highest values of a bucket, each as an object.
func (t *topN) entries(b topNBucket, final bool) []json.RawMessage {
	all := t.highest(b)
	out := make([]json.RawMessage, len(all))
	for i, e := range all {
		out[i] = t.entry(e, final)
	}
	return out
}

func (t *topN) highest(b topNBucket) []topNEntry {
	all := make([]topNEntry, 0, len(b.order))
	for _, value := range b.order {
		all = append(all, topNEntry{value, t.by(b.values[value]), b.values[value]})
	}
	if b.sorted {
		return all[:min(t.threshold, len(all))]
	}
	return t.metric.highest(all, t.threshold)
}

// by returns the number by which a value is ordered.
func (t *topN) by(sums []any) float64 {
	if t.metric.compare != nil {
		return 0
	}
	values := make(map[string]any)
	for i, a := range t.aggregators {
		values[a.name()] = sums[i]
	}
	for _, p := range t.post {
		values[p.name] = p.eval(values)
	}
	return asDouble(values[t.metric.field])
}

func (t *topN) entry(e topNEntry, final bool) json.RawMessage {
	values := make(map[string]any)
	shown := make(map[string]json.RawMessage)
	var names []string
	put := func(name string, v json.RawMessage) {
		if _, again := shown[name]; !again {
			names = append(names, name)
		}
		shown[name] = v
	}
	for i, a := range t.aggregators {
		values[a.name()] = e.sums[i]
		put(a.name(), a.show(e.sums[i], final))
	}
	for _, p := range t.post {
		values[p.name] = p.eval(values)
		put(p.name, writeValue(plain(values[p.name])))
	}
	put(t.output, json.RawMessage("null"))
	if e.value != "" {
		shown[t.output] = writeValue(e.value)
	}
	const table = 2 // of a map created with room for fewer
	return object(hashOrder(names, table), func(name string) json.RawMessage { return shown[name] })
}

func (t *topN) read(q *Query, elements []json.RawMessage) (Result, error) {
	var out []topNBucket
	for _, raw := range elements {
		var row struct {
			Timestamp druid.Timestamp              `json:"timestamp"`
			Result    []map[string]json.RawMessage `json:"result"`
		}
		if err := json.Unmarshal(raw, &row); err != nil {
			return nil, fmt.Errorf("topN row: %w", err)
		}
		b := topNBucket{time: row.Timestamp, values: make(map[string][]any), sorted: true}
		for _, entry := range row.Result {
			var value *string
			if err := json.Unmarshal(entry[t.output], &value); err != nil {
				return nil, fmt.Errorf("topN row %s: %s: %w", row.Timestamp, t.output, err)
			}
			sums := make([]any, len(t.aggregators))
			for i, a := range t.aggregators {
				var err error
				if sums[i], err = a.read(entry[a.name()]); err != nil {
					return nil, fmt.Errorf("topN row %s: %s: %w", row.Timestamp, a.name(), err)
				}
			}
			b.add(orEmpty(value), t.aggregators, func(i int) any { return sums[i] })
		}
		out = append(out, b)
	}
	return t.merge(q, []Result{out}), nil
}
