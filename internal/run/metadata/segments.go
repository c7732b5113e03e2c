package metadata

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"oakmoot/internal/druid"
)

// readSegment reads a row of druid_segments.
func readSegment(s scan) (id string, segment druid.DataSegment, err error) {
	var payload []byte
	if err := s(&id, &payload); err != nil {
		return id, segment, err
	}
	return id, segment, json.Unmarshal(payload, &segment)
}

// segments reads whole segments and, like SQLMetadataSegmentManager, leaves out rows that it cannot read; where
// continues the statement.
func (c conn) segments(ctx context.Context, where string, args ...any) ([]druid.DataSegment, error) {
	segments, err := readable(ctx, c, "druid_segments", readSegment, selectSegment+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read segments: %w", err)
	}
	return segments, nil
}

const selectSegment = "SELECT id, payload FROM druid_segments "

// allSegments is segments for callers that must not miss any: a row that cannot be read is an error that names it, as
// in IndexerSQLMetadataStorageCoordinator.
func (c conn) allSegments(ctx context.Context, where string, args ...any) ([]druid.DataSegment, error) {
	read := func(s scan) (druid.DataSegment, error) {
		id, segment, err := readSegment(s)
		if err != nil {
			err = fmt.Errorf("row %s of druid_segments cannot be read: %w", id, err)
		}
		return segment, err
	}
	segments, err := collect(ctx, c, read, selectSegment+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read segments: %w", err)
	}
	return segments, nil
}

// Used lists every readable used segment.
func (s Segments) Used(ctx context.Context) ([]druid.DataSegment, error) {
	return s.reads().segments(ctx, "WHERE used = true")
}

// All lists every readable segment of a datasource, used or not.
func (s Segments) All(ctx context.Context, dataSource string) ([]druid.DataSegment, error) {
	return s.reads().segments(ctx, "WHERE dataSource = ?", dataSource)
}

// ByID finds a segment, used or not; ErrNotFound if there is none.
func (s Segments) ByID(ctx context.Context, id string) (druid.DataSegment, error) {
	found, err := s.reads().allSegments(ctx, "WHERE id = ?", id)
	if err != nil {
		return druid.DataSegment{}, err
	}
	if len(found) == 0 {
		return druid.DataSegment{}, fmt.Errorf("segment %s: %w", id, ErrNotFound)
	}
	return found[0], nil
}

// UsedIn lists the used segments of a datasource that are visible in one of the intervals. It leaves out overshadowed
// ones and those of an incomplete set of partitions, as IndexerSQLMetadataStorageCoordinator does.
func (s Segments) UsedIn(ctx context.Context, dataSource string, intervals []druid.Interval) ([]druid.DataSegment, error) {
	overlapping, err := s.reads().usedOverlapping(ctx, dataSource, intervals)
	if err != nil {
		return nil, err
	}
	return visible(overlapping, intervals), nil
}

// usedOverlapping lists the used segments that overlap or abut one of the intervals.
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
	return c.allSegments(ctx, "WHERE used = true AND dataSource = ? AND ("+strings.Join(overlaps, " OR ")+")", args...)
}

// UnusedIn lists the readable unused segments of a datasource that lie entirely inside the interval: what a kill task
// deletes.
func (s Segments) UnusedIn(ctx context.Context, dataSource string, interval druid.Interval) ([]druid.DataSegment, error) {
	return s.reads().segments(ctx, `WHERE used = false AND dataSource = ? AND start >= ? AND "end" <= ?`,
		dataSource, interval.Start.String(), interval.End.String())
}

// UnusedIntervals lists the intervals of at most limit unused segments of a datasource that lie inside the interval,
// oldest first: what the coordinator's kill duty looks at.
func (s Segments) UnusedIntervals(ctx context.Context, dataSource string, within druid.Interval, limit int) ([]druid.Interval, error) {
	read := func(s scan) (id string, within druid.Interval, err error) {
		var start, end string
		if err := s(&id, &start, &end); err != nil {
			return id, within, err
		}
		within, err = druid.ParseInterval(start + "/" + end)
		return id, within, err
	}
	found, err := readable(ctx, s.reads(), "druid_segments", read,
		`SELECT id, start, "end" FROM druid_segments WHERE dataSource = ? AND start >= ? AND "end" <= ? AND used = false
		ORDER BY start, "end" LIMIT ?`, dataSource, within.Start.String(), within.End.String(), limit)
	if err != nil {
		return nil, fmt.Errorf("read unused intervals of %s: %w", dataSource, err)
	}
	return found, nil
}

// DataSourceNames lists, sorted, the datasources that have used segments, or any segments at all.
func (s Segments) DataSourceNames(ctx context.Context, includeUnused bool) ([]string, error) {
	where := "WHERE used = true "
	if includeUnused {
		where = ""
	}
	names, err := collect(ctx, s.reads(), single[string], "SELECT DISTINCT dataSource FROM druid_segments "+where)
	if err != nil {
		return nil, fmt.Errorf("read datasources: %w", err)
	}
	slices.Sort(names) // not in SQL: the database may have a collation of its own
	return names, nil
}
