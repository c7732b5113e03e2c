package metadata

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"oakmoot/internal/druid"
)

// PublishResult is the outcome of a publish: SegmentPublishResult in Java.
type PublishResult struct {
	Segments []druid.DataSegment // those that were inserted
	Success  bool                // false if the start metadata did not match
}

// errStale rolls back a publish whose start metadata is not what is stored.
var errStale = errors.New("existing commit metadata is not the expected start")

// Insert publishes segments in one transaction and returns which of them were new. An id that exists already is
// skipped. Segments that others in the same call overshadow are inserted as unused.
func (s Segments) Insert(ctx context.Context, segments []druid.DataSegment) ([]druid.DataSegment, error) {
	if len(segments) == 0 {
		return nil, errors.New("publish: segment set must not be empty")
	}
	result, err := s.Commit(ctx, segments[0].DataSource, segments, nil, nil)
	return result.Segments, err
}

// Commit publishes segments of one datasource and, given start and end, moves the datasource's commit metadata from
// start to end in the same transaction; if start is not what is stored nothing is published, and Success is false.
// Give both start and end or neither; a JSON null counts as not given.
func (s Segments) Commit(ctx context.Context, dataSource string, segments []druid.DataSegment, start, end json.RawMessage) (PublishResult, error) {
	start, end = orNil(start), orNil(end)
	if err := checkPublish(dataSource, segments, start, end); err != nil {
		return PublishResult{}, fmt.Errorf("publish: %w", err)
	}
	var inserted []druid.DataSegment
	err := s.write(ctx, "publish segments of "+dataSource, func(c conn) error {
		if start != nil {
			if err := c.advance(ctx, dataSource, start, end); err != nil {
				return err
			}
		}
		var err error
		inserted, err = c.insertSegments(ctx, segments)
		return err
	})
	if errors.Is(err, errStale) {
		return PublishResult{}, nil
	}
	if err != nil {
		return PublishResult{}, err
	}
	return PublishResult{Segments: inserted, Success: true}, nil
}

func checkPublish(dataSource string, segments []druid.DataSegment, start, end json.RawMessage) error {
	if len(segments) == 0 {
		return errors.New("segment set must not be empty")
	}
	if (start == nil) != (end == nil) {
		return errors.New("start metadata and end metadata must be either null or non-null")
	}
	for _, s := range segments {
		if s.DataSource != dataSource {
			return errors.New("segments must all be from the same dataSource")
		}
	}
	return nil
}

// insertSegments inserts the segments whose id is new.
func (c conn) insertSegments(ctx context.Context, segments []druid.DataSegment) ([]druid.DataSegment, error) {
	used := make(map[druid.SegmentID]bool, len(segments))
	for _, s := range notOvershadowed(segments) {
		used[s.ID()] = true
	}
	created := druid.At(c.clock.Now()).String()
	insert, err := c.repeated(ctx, `INSERT INTO druid_segments
		(id, dataSource, created_date, start, "end", partitioned, version, used, payload)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`)
	if err != nil {
		return nil, err
	}
	defer insert.Close()
	var inserted []druid.DataSegment
	for _, s := range segments {
		payload, err := druid.Marshal(s)
		if err != nil {
			return nil, fmt.Errorf("segment %s: %w", s.ID(), err)
		}
		n, err := affected(insert.ExecContext(ctx, s.ID().String(), s.DataSource, created, s.Interval.Start.String(), s.Interval.End.String(),
			s.ShardSpec.Type != "none", s.Version, used[s.ID()], payload))
		if err != nil {
			return nil, fmt.Errorf("segment %s: %w", s.ID(), err)
		}
		if n > 0 {
			*c.changed = append(*c.changed, s.ID().String())
			inserted = append(inserted, s)
		}
	}
	return inserted, nil
}

// UpdateMetadata replaces the payloads of existing segments, as a move or an archive does when it changes their
// loadSpec.
func (s Segments) UpdateMetadata(ctx context.Context, segments []druid.DataSegment) error {
	return s.write(ctx, "update segments", func(c conn) error {
		for _, segment := range segments {
			payload, err := druid.Marshal(segment)
			if err != nil {
				return fmt.Errorf("segment %s: %w", segment.ID(), err)
			}
			if _, err := c.exec(ctx, "UPDATE druid_segments SET payload = ? WHERE id = ?", payload, segment.ID().String()); err != nil {
				return fmt.Errorf("segment %s: %w", segment.ID(), err)
			}
			*c.changed = append(*c.changed, segment.ID().String())
		}
		return nil
	})
}

// Nuke deletes the rows of segments.
func (s Segments) Nuke(ctx context.Context, segments []druid.DataSegment) error {
	return s.write(ctx, "delete segments", func(c conn) error {
		for _, segment := range segments {
			if _, err := c.exec(ctx, "DELETE FROM druid_segments WHERE id = ?", segment.ID().String()); err != nil {
				return fmt.Errorf("segment %s: %w", segment.ID(), err)
			}
			*c.changed = append(*c.changed, segment.ID().String())
		}
		return nil
	})
}
