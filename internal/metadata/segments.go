package metadata

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"oakmoot/internal/druid"
)

// UnreadableError names rows whose payload is no segment. The segments that
// could be read come beside it, as SQLMetadataSegmentManager goes on without
// such rows.
type UnreadableError struct {
	IDs []string
	Err error // of the first
}

func (e *UnreadableError) Error() string {
	return fmt.Sprintf("unreadable segment rows %s: %v", strings.Join(e.IDs, ", "), e.Err)
}

// Unwrap is the first row's error.
func (e *UnreadableError) Unwrap() error { return e.Err }

// segmentRow is a row of druid_segments as it is read.
type segmentRow struct {
	id      string
	payload []byte
}

func readSegmentRow(s scan) (segmentRow, error) {
	var r segmentRow
	err := s(&r.id, &r.payload)
	return r, err
}

// segments reads whole segments; where continues the statement. An unreadable row
// is an *UnreadableError beside the readable ones.
func (c conn) segments(ctx context.Context, where string, args ...any) ([]druid.DataSegment, error) {
	rows, err := collect(ctx, c, readSegmentRow, "SELECT id, payload FROM druid_segments "+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read segments: %w", err)
	}
	segments := make([]druid.DataSegment, 0, len(rows))
	var bad UnreadableError
	for _, row := range rows {
		var s druid.DataSegment
		if err := json.Unmarshal(row.payload, &s); err != nil {
			bad.IDs = append(bad.IDs, row.id)
			if bad.Err == nil {
				bad.Err = err
			}
			continue
		}
		segments = append(segments, s)
	}
	if bad.Err != nil {
		return segments, &bad
	}
	return segments, nil
}

// Used lists every used segment. Rows that cannot be read are an
// *UnreadableError beside the others.
func (s *Store) Used(ctx context.Context) ([]druid.DataSegment, error) {
	return s.reads().segments(ctx, "WHERE used = true")
}

// All lists every segment of a datasource, used or not.
func (s *Store) All(ctx context.Context, dataSource string) ([]druid.DataSegment, error) {
	return s.reads().segments(ctx, "WHERE dataSource = ?", dataSource)
}

// ByID finds a segment, used or not; ErrNotFound when there is none.
func (s *Store) ByID(ctx context.Context, id string) (druid.DataSegment, error) {
	found, err := s.reads().segments(ctx, "WHERE id = ?", id)
	if err != nil {
		return druid.DataSegment{}, err
	}
	if len(found) == 0 {
		return druid.DataSegment{}, fmt.Errorf("segment %s: %w", id, ErrNotFound)
	}
	return found[0], nil
}

// UsedIn lists the used segments of a datasource that are visible in one of the
// intervals: overshadowed ones and those of an incomplete set of partitions are
// left out, as IndexerSQLMetadataStorageCoordinator does.
func (s *Store) UsedIn(ctx context.Context, dataSource string, intervals []druid.Interval) ([]druid.DataSegment, error) {
	overlapping, err := s.reads().usedOverlapping(ctx, dataSource, intervals)
	if err != nil {
		return nil, err
	}
	return visible(overlapping, intervals), nil
}

// usedOverlapping lists used segments that share an instant with an interval.
func (c conn) usedOverlapping(ctx context.Context, dataSource string, intervals []druid.Interval) ([]druid.DataSegment, error) {
	if len(intervals) == 0 {
		return nil, nil
	}
	args := []any{dataSource}
	overlaps := make([]string, len(intervals))
	for i, interval := range intervals {
		overlaps[i] = `(start <= ? AND "end" >= ?)`
		args = append(args, interval.End.String(), interval.Start.String())
	}
	return c.segments(ctx, "WHERE used = true AND dataSource = ? AND ("+strings.Join(overlaps, " OR ")+")", args...)
}

// UnusedIn lists the unused segments of a datasource that lie wholly inside the
// interval: what a kill task deletes.
func (s *Store) UnusedIn(ctx context.Context, dataSource string, interval druid.Interval) ([]druid.DataSegment, error) {
	return s.reads().segments(ctx, `WHERE used = false AND dataSource = ? AND start >= ? AND "end" <= ?`,
		dataSource, interval.Start.String(), interval.End.String())
}

// UnusedIntervals lists the intervals of at most limit unused segments of a
// datasource that lie inside the interval, oldest first: what the coordinator's
// kill duty looks at.
func (s *Store) UnusedIntervals(ctx context.Context, dataSource string, within druid.Interval, limit int) ([]druid.Interval, error) {
	read := func(s scan) (druid.Interval, error) {
		var start, end string
		if err := s(&start, &end); err != nil {
			return druid.Interval{}, err
		}
		return druid.ParseInterval(start + "/" + end)
	}
	found, err := collect(ctx, s.reads(), read,
		`SELECT start, "end" FROM druid_segments WHERE dataSource = ? AND start >= ? AND "end" <= ? AND used = false
		ORDER BY start, "end" LIMIT ?`, dataSource, within.Start.String(), within.End.String(), limit)
	if err != nil {
		return nil, fmt.Errorf("read unused intervals of %s: %w", dataSource, err)
	}
	return found, nil
}

// DataSourceNames lists, sorted, the datasources that have used segments, or any
// segments at all.
func (s *Store) DataSourceNames(ctx context.Context, includeUnused bool) ([]string, error) {
	where := "WHERE used = true "
	if includeUnused {
		where = ""
	}
	names, err := collect(ctx, s.reads(), single[string], "SELECT DISTINCT dataSource FROM druid_segments "+where)
	if err != nil {
		return nil, fmt.Errorf("read datasources: %w", err)
	}
	slices.Sort(names) // not by the database, which may have an order of its own
	return names, nil
}
