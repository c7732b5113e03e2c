package segment

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"oakmoot/internal/druid"
)

// TimeColumn is the name of the rows' timestamps in queries.
const TimeColumn = "__time"

// Field is a named column.
type Field struct {
	Name   string
	Column Column
}

// Metadata describes how a segment was made: the class Metadata, kept in metadata.drd.
// Its parts are JSON as Druid's own classes write it.
type Metadata struct {
	Container        map[string]json.RawMessage `json:"container"`
	Aggregators      []json.RawMessage          `json:"aggregators"` // combining factories
	TimestampSpec    json.RawMessage            `json:"timestampSpec"`
	QueryGranularity json.RawMessage            `json:"queryGranularity"`
	Rollup           *bool                      `json:"rollup"`
}

// Segment is an immutable table of rows in ascending order of time.
type Segment struct {
	interval druid.Interval
	time     []int64
	dims     []string
	metrics  []string
	columns  map[string]Column
	metadata *Metadata
	fileSize int64
}

// New makes a segment from columns in memory. The times are milliseconds and must
// ascend; every column must have as many rows. The slices must not be changed
// afterwards. metadata may be nil.
func New(interval druid.Interval, times []int64, dims, metrics []Field, metadata *Metadata) (*Segment, error) {
	s := &Segment{
		interval: interval, time: times, metadata: metadata,
		dims: names(dims), metrics: names(metrics),
		columns: make(map[string]Column, len(dims)+len(metrics)),
	}
	if !slices.IsSorted(times) {
		return nil, fmt.Errorf("segment: the rows are not in order of time")
	}
	for _, f := range slices.Concat(dims, metrics) {
		if err := s.add(f); err != nil {
			return nil, fmt.Errorf("segment: column %q: %w", f.Name, err)
		}
	}
	return s, nil
}

func names(fields []Field) []string {
	out := make([]string, len(fields))
	for i, f := range fields {
		out[i] = f.Name
	}
	return out
}

func (s *Segment) add(f Field) error {
	if f.Name == TimeColumn || f.Name == "" || strings.ContainsAny(f.Name, ",\n") {
		return fmt.Errorf("the name is not allowed")
	}
	if s.columns[f.Name] != nil {
		return fmt.Errorf("there are two of it")
	}
	if f.Column.Len() != len(s.time) {
		return fmt.Errorf("%d rows, the segment has %d", f.Column.Len(), len(s.time))
	}
	s.columns[f.Name] = f.Column
	return nil
}

// Interval is the time that the segment covers.
func (s *Segment) Interval() druid.Interval { return s.interval }

// Rows is the number of rows.
func (s *Segment) Rows() int { return len(s.time) }

// Times returns the rows' timestamps in milliseconds, ascending. The slice must not be
// changed.
func (s *Segment) Times() []int64 { return s.time }

// Dimensions returns the names of the dimensions, in their order.
func (s *Segment) Dimensions() []string { return s.dims }

// Metrics returns the names of the metrics, in their order.
func (s *Segment) Metrics() []string { return s.metrics }

// Column returns the column with a name, which may be TimeColumn, or nil.
func (s *Segment) Column(name string) Column {
	if name == TimeColumn {
		return LongColumn(s.time)
	}
	return s.columns[name]
}

// Metadata says how the segment was made; nil if unknown.
func (s *Segment) Metadata() *Metadata { return s.metadata }

// FileSize is the size in bytes of the files the segment was opened from, or 0 for one
// in memory.
func (s *Segment) FileSize() int64 { return s.fileSize }
