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

// finished is a segment that is ready to be pushed.
type finished struct {
	described druid.DataSegment // except for what deep storage adds
	dir       string
	files     segment.Files // nil if they are in dir only
}

// merge merges everything persisted, or else the rows in memory, into one segment, in a directory of its own.
func (s *sink) merge(schema *ingest.Schema, spec segment.IndexSpec) (f finished, err error) {
	f.dir = filepath.Join(s.dir, "merged")
	var merged *segment.Segment
	if len(s.persisted) > 0 {
		merged, err = ingest.Merge(s.disk, s.persisted, schema.Aggregators, schema.Rollup, f.dir, spec)
	} else {
		s.rows = s.index.Rows()
		if merged, f.files, err = s.mergeMemory(schema, spec); err == nil {
			err = f.files.Write(s.disk, f.dir)
		}
	}
	if err != nil {
		return f, err
	}
	f.described = druid.DataSegment{
		DataSource: s.id.DataSource,
		Interval:   s.id.Interval,
		Version:    s.id.Version,
		Dimensions: merged.Dimensions(),
		Metrics:    schema.MetricNames(),
		ShardSpec:  s.id.ShardSpec,
	}
	return f, nil
}

// mergeMemory comes to what persisting the rows and merging the one part would come to, without a file in between.
func (s *sink) mergeMemory(schema *ingest.Schema, spec segment.IndexSpec) (*segment.Segment, segment.Files, error) {
	snapshot, err := s.index.Snapshot()
	if err != nil {
		return nil, nil, err
	}
	files, err := snapshot.Encode(spec)
	if err != nil {
		return nil, nil, err
	}
	part, err := files.Open()
	if err != nil {
		return nil, nil, err
	}
	merged, err := ingest.MergeSegments([]*segment.Segment{part}, schema.Aggregators, schema.Rollup)
	if err != nil {
		return nil, nil, fmt.Errorf("merge into %s: %w", filepath.Join(s.dir, "merged"), err)
	}
	files, err = merged.Encode(spec)
	return merged, files, err
}
