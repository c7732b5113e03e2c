package ingest

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/segment"
	"oakmoot/internal/run/disk"
)

// Incremental is an index to which rows are added: OnheapIncrementalIndex. With rollup,
// rows with the same dimensions in the same bucket of the query granularity become one.
type Incremental struct {
	schema   *Schema
	interval druid.Interval

	mu       sync.Mutex // guards everything below
	times    []int64
	keys     map[string]int // from time and dimensions to rows; rollup only
	dims     []dimension
	byName   map[string]dimension
	metrics  []metric
	bytes    int64
	snapshot *segment.Segment // nil once a row has been added since it was taken
}

// NewIncremental returns an empty index for the rows of an interval.
func NewIncremental(schema *Schema, interval druid.Interval) *Incremental {
	x := &Incremental{schema: schema, interval: interval, keys: map[string]int{}, byName: map[string]dimension{}}
	for _, d := range schema.dims {
		if d.Name != "" { // one may have no name; Druid ignores it
			x.addDimension(d)
		}
	}
	for _, a := range schema.Aggregators {
		x.metrics = append(x.metrics, a.metric())
	}
	return x
}

func (x *Incremental) addDimension(d dimensionSchema) {
	x.byName[d.Name] = d.dimension()
	x.dims = append(x.dims, x.byName[d.Name])
}

// Interval is the time that the index covers.
func (x *Incremental) Interval() druid.Interval { return x.interval }

// Rows is the number of rows, after rollup.
func (x *Incremental) Rows() int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return len(x.times)
}

// Bytes estimates the memory that the rows take.
func (x *Incremental) Bytes() int64 {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.bytes
}

// Add adds a row. A row outside the interval is refused. A *ParseError says that the
// row was added although some of its fields could not be read: such a dimension is
// null, and an aggregator skips the row. An *Exception ends the task.
func (x *Incremental) Add(r Row) error {
	if !x.interval.Holds(r.Time) {
		return fmt.Errorf("add row at %s: outside %s", r.Time, x.interval)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.snapshot = nil
	at := int64(max(x.schema.granularity.Truncate(r.Time), x.interval.Start))
	for _, name := range r.Dimensions {
		if name != "" && x.byName[name] == nil && !slices.Contains(x.schema.MetricNames(), name) && name != segment.TimeColumn {
			x.addDimension(dimensionSchema{Type: "string", Name: name})
		}
	}
	var bad unreadable
	i, err := x.row(at, r, &bad)
	if err != nil {
		return err
	}
	for m, a := range x.schema.Aggregators {
		x.metrics[m].grow(i)
		v, err := any(int64(1)), error(nil)
		if a.Type != "count" {
			v, err = r.number(a.FieldName)
		}
		if bad.note(err) == nil && err == nil {
			x.metrics[m].add(i, v, int64(r.Time))
		}
	}
	return bad.of(r)
}

// unreadable collects why fields of a row could not be read.
type unreadable []string

// note records a *ParseError and returns any other error.
func (u *unreadable) note(err error) error {
	var pe *ParseError
	if !errors.As(err, &pe) {
		return err
	}
	*u = append(*u, pe.Reason)
	return nil
}

// of returns the error for the row: IncrementalIndex.getCombinedParseException.
func (u unreadable) of(r Row) error {
	if len(u) == 0 {
		return nil
	}
	return &ParseError{Reason: fmt.Sprintf("Found unparseable columns in row: [%s], exceptions: [%s,]", r, strings.Join(u, ","))}
}

// row returns the number of the row that r goes to, which may be a new one.
func (x *Incremental) row(at int64, r Row, bad *unreadable) (int, error) {
	key := binary.BigEndian.AppendUint64(nil, uint64(at))
	full := len(key) // without trailing nulls: dimensions that appear later add none
	for k, d := range x.dims {
		start := len(key)
		key = append(key, 0, 0, 0, 0)
		var v any
		if k < len(r.Dimensions) && r.Dimensions[k] == d.name() || slices.Contains(r.Dimensions, d.name()) {
			v = r.Event[d.name()]
		}
		var err error
		key, err = d.key(key, v)
		if err = bad.note(err); err != nil {
			return 0, err
		}
		binary.BigEndian.PutUint32(key[start:], uint32(len(key)-start-4))
		if len(key) > start+4 {
			full = len(key)
		}
	}
	if i, ok := x.keys[string(key[:full])]; ok && x.schema.Rollup {
		return i, nil
	}
	i := len(x.times)
	x.times = append(x.times, at)
	for _, d := range x.dims {
		d.add(i)
	}
	if x.schema.Rollup {
		x.keys[string(key[:full])] = i
	}
	x.bytes += int64(rowOverhead + len(key) + 8*len(x.metrics))
	return i, nil
}

// rowOverhead is about what a row takes besides its values, in bytes.
const rowOverhead = 64

// Snapshot returns the current rows as a segment, in order of time and then of the
// dimensions, with the metrics in order of name: that of IndexMerger. It does not
// change when rows are added.
func (x *Incremental) Snapshot() (*segment.Segment, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.snapshot != nil {
		return x.snapshot, nil
	}
	metadata, err := x.schema.metadata()
	if err != nil {
		return nil, fmt.Errorf("snapshot of the index for %s: %w", x.interval, err)
	}
	s, err := x.build(metadata)
	if err != nil {
		return nil, fmt.Errorf("snapshot of the index for %s: %w", x.interval, err)
	}
	x.snapshot = s
	return s, nil
}

func (x *Incremental) build(metadata *segment.Metadata) (*segment.Segment, error) {
	order := x.order()
	dims := make([]segment.Field, len(x.dims))
	for i, d := range x.dims {
		dims[i] = segment.Field{Name: d.name(), Column: d.column(order)}
	}
	metrics := make([]segment.Field, len(x.metrics))
	for i, m := range x.metrics {
		metrics[i] = segment.Field{Name: x.schema.Aggregators[i].Name, Column: m.column(order)}
	}
	slices.SortFunc(metrics, func(a, b segment.Field) int { return segment.CompareStrings(a.Name, b.Name) })
	return segment.New(x.interval, picked(x.times, order), dims, metrics, metadata)
}

// order returns the rows' numbers in the order in which they are stored.
func (x *Incremental) order() []int {
	order := make([]int, len(x.times))
	for i := range order {
		order[i] = i
	}
	for _, d := range x.dims {
		d.prepare(len(x.times))
	}
	slices.SortStableFunc(order, func(i, j int) int {
		if c := cmp.Compare(x.times[i], x.times[j]); c != 0 {
			return c
		}
		for _, d := range x.dims {
			if c := d.compare(i, j); c != 0 {
				return c
			}
		}
		return 0
	})
	return order
}

// Persist writes the rows as a segment into a directory of d.
func (x *Incremental) Persist(d disk.Disk, dir string, spec segment.IndexSpec) error {
	s, err := x.Snapshot()
	if err != nil {
		return err
	}
	return s.Write(d, dir, spec)
}
