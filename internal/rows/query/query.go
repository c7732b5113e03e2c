package query

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/segment"
)

// Queryable is what a query reads: a table of columns in order of time.
// *segment.Segment is one; an ingest.Incremental provides one with Snapshot.
type Queryable interface {
	Interval() druid.Interval
	Rows() int
	Times() []int64 // milliseconds, ascending
	Dimensions() []string
	Metrics() []string
	Column(name string) segment.Column // nil when there is none
	Metadata() *segment.Metadata
}

// Part is the part of a segment that a query reads: what the timeline shows of it.
type Part struct {
	ID       druid.SegmentID
	Interval druid.Interval // the visible interval, inside the segment's
	Segment  Queryable
}

// Descriptor names a part in a query sent by a broker: SegmentDescriptor.
type Descriptor struct {
	Interval  druid.Interval
	Version   string
	Partition int
}

// MarshalJSON writes the keys in Java's order.
func (d Descriptor) MarshalJSON() ([]byte, error) {
	return druid.Marshal(descriptorJSON{d.Interval.String(), d.Version, d.Partition})
}

type descriptorJSON struct {
	Interval  string `json:"itvl"`
	Version   string `json:"ver"`
	Partition int    `json:"part"`
}

// UnmarshalJSON reads what MarshalJSON writes.
func (d *Descriptor) UnmarshalJSON(b []byte) error {
	var raw descriptorJSON
	if err := json.Unmarshal(b, &raw); err != nil {
		return err
	}
	interval, err := druid.ParseInterval(raw.Interval)
	*d = Descriptor{interval, raw.Version, raw.Partition}
	return err
}

// Query is a parsed native query. It does not change after Parse and may be used by
// several goroutines.
type Query struct {
	Type        string
	DataSources []string         // one, or those of a union
	Intervals   []druid.Interval // sorted, without overlaps
	Descriptors []Descriptor     // nil unless the query names segments
	Context     map[string]json.RawMessage

	raw  map[string]json.RawMessage
	keys []string // of raw, in order
	node node
	kind kind
}

// kind is what differs between the types of queries.
type kind interface {
	run(ctx context.Context, q *Query, parts []Part) (Result, error)
	merge(q *Query, results []Result) Result
	// write returns the elements of the answer; final says that the values are for the
	// user rather than for another server to merge.
	write(q *Query, r Result, final bool) ([]json.RawMessage, error)
	read(q *Query, elements []json.RawMessage) (Result, error)
}

// Result is some servers' answer to a query before it is written; only the query that
// made it understands it.
type Result any

// Run answers the query over parts, which are those that its datasource, intervals or
// descriptors name. An error is an *Error or the context's.
func (q *Query) Run(ctx context.Context, parts []Part) (result Result, err error) {
	defer recovered(&err)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	parts = slices.Clone(parts)
	slices.SortFunc(parts, func(a, b Part) int {
		return cmp.Or(cmp.Compare(a.Interval.Start, b.Interval.Start), a.ID.Compare(b.ID))
	})
	return q.kind.run(ctx, q, parts)
}

// Merge merges the results of several servers into one.
func (q *Query) Merge(results ...Result) Result { return q.kind.merge(q, results) }

// Encode writes a result as the JSON array that Druid answers. If the query's context
// has finalize=false, another server can merge it.
func (q *Query) Encode(r Result) ([]byte, error) {
	elements, err := q.kind.write(q, r, q.flag("finalize", true))
	if err != nil {
		return nil, fmt.Errorf("encode the result of a %s query: %w", q.Type, err)
	}
	if elements == nil {
		elements = []json.RawMessage{}
	}
	return druid.Marshal(elements)
}

// Decode reads a server's answer to the query made by ForSegments.
func (q *Query) Decode(body []byte) (Result, error) {
	var elements []json.RawMessage
	if err := json.Unmarshal(body, &elements); err != nil {
		if remote := decodeError(body); remote != nil {
			return nil, remote
		}
		return nil, fmt.Errorf("decode the answer to a %s query: %w", q.Type, err)
	}
	return q.kind.read(q, elements)
}

// ForSegments returns the query that asks one server for exactly these segments, in a
// form that can be merged.
func (q *Query) ForSegments(segments []Descriptor) ([]byte, error) {
	spec, err := druid.Marshal(struct {
		Type     string       `json:"type"`
		Segments []Descriptor `json:"segments"`
	}{"segments", segments})
	if err != nil {
		return nil, err
	}
	context := make(map[string]json.RawMessage, len(q.Context)+2)
	for k, v := range q.Context {
		context[k] = v
	}
	context["finalize"] = json.RawMessage("false")
	ctx, err := druid.Marshal(context)
	if err != nil {
		return nil, err
	}
	changes := map[string]json.RawMessage{"intervals": spec, "context": ctx}
	if q.Type == "topN" {
		changes["threshold"] = writeValue(int64(q.serverThreshold()))
	}
	return q.with(changes), nil
}

// serverThreshold is the number of values of a topN that a server is asked for: the
// query's threshold, but no fewer than its minTopNThreshold.
func (q *Query) serverThreshold() int {
	least := minTopNThreshold
	if n, err := strconv.Atoi(q.node.of("context").of("minTopNThreshold").text); err == nil {
		least = n
	}
	asked, _ := strconv.Atoi(q.node.of("threshold").text) // it has been read before
	return max(asked, least)
}

// with returns the query with some keys replaced, or added where missing.
func (q *Query) with(changes map[string]json.RawMessage) []byte {
	var b bytes.Buffer
	put := func(key string, value json.RawMessage) {
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		name, _ := json.Marshal(key) // a string can always be written
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	for _, key := range q.keys {
		if _, changed := changes[key]; !changed {
			put(key, q.raw[key])
		}
	}
	for _, key := range []string{"threshold", "intervals", "context"} {
		if value, ok := changes[key]; ok {
			put(key, value)
		}
	}
	return []byte("{" + b.String() + "}")
}

// ID returns the queryId of the context, or "".
func (q *Query) ID() string {
	var id string
	_ = json.Unmarshal(q.Context["queryId"], &id) // any other type counts as missing
	return id
}

// flag returns a boolean of the context, which may be written as a string:
// Numbers.parseBoolean.
func (q *Query) flag(name string, def bool) bool {
	n := q.node.of("context").of(name)
	if n.null() {
		return def
	}
	return strings.EqualFold(n.text, "true")
}

// clip returns the intervals of a part that the query reads.
func (q *Query) clip(p Part) []druid.Interval {
	var out []druid.Interval
	for _, i := range q.Intervals {
		if q.Descriptors != nil {
			i = p.Interval
		}
		i = druid.Interval{Start: max(i.Start, p.Interval.Start), End: min(i.End, p.Interval.End)}
		if i.Start < i.End {
			out = append(out, i)
		}
		if q.Descriptors != nil {
			break
		}
	}
	return out
}
