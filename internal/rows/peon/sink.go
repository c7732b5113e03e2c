package peon

import (
	"fmt"
	"path/filepath"
	"strconv"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/ingest"
	"oakmoot/internal/rows/segment"
	"oakmoot/internal/run/disk"
)

// sink is a segment under construction: rows in memory, and those that had to be
// written out before.
type sink struct {
	number    int // in the order of opening
	id        druid.SegmentIDWithShardSpec
	index     *ingest.Incremental
	persisted []string // directories of what was written out
	rows      int      // of all persisted parts
	disk      disk.Disk
	dir       string
}

func newSink(number int, id druid.SegmentIDWithShardSpec, schema *ingest.Schema, d disk.Disk, dir string) *sink {
	return &sink{number: number, id: id, index: ingest.NewIncremental(schema, id.Interval), disk: d, dir: dir}
}

// size returns the number of rows as the index task counts them against its limits:
// rolled up in memory, but not across persists.
func (s *sink) size() int { return s.rows + s.index.Rows() }

// persist writes out the rows in memory and starts afresh.
func (s *sink) persist(schema *ingest.Schema, spec segment.IndexSpec) error {
	if s.index.Rows() == 0 {
		return nil
	}
	dir := filepath.Join(s.dir, strconv.Itoa(len(s.persisted)))
	if err := s.index.Persist(s.disk, dir, spec); err != nil {
		return fmt.Errorf("persist %s: %w", dir, err)
	}
	s.persisted = append(s.persisted, dir)
	s.rows += s.index.Rows()
	s.index = ingest.NewIncremental(schema, s.id.Interval)
	return nil
}

// merge merges everything persisted into one segment, in a directory of its own, and
// describes it except for what deep storage adds.
func (s *sink) merge(schema *ingest.Schema, spec segment.IndexSpec) (druid.DataSegment, string, error) {
	out := filepath.Join(s.dir, "merged")
	merged, err := ingest.Merge(s.disk, s.persisted, schema.Aggregators, schema.Rollup, out, spec)
	if err != nil {
		return druid.DataSegment{}, "", err
	}
	return druid.DataSegment{
		DataSource: s.id.DataSource,
		Interval:   s.id.Interval,
		Version:    s.id.Version,
		Dimensions: merged.Dimensions(),
		Metrics:    schema.MetricNames(),
		ShardSpec:  s.id.ShardSpec,
	}, out, nil
}
