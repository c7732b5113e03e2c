package metadata

import (
	"context"

	"oakmoot/internal/druid"
)

// MarkUnused marks segments unused and returns how many rows it changed.
func (s Segments) MarkUnused(ctx context.Context, ids ...druid.SegmentID) (int, error) {
	return s.mark(ctx, false, ids)
}

// MarkUsed marks segments used and returns how many rows it changed.
func (s Segments) MarkUsed(ctx context.Context, ids ...druid.SegmentID) (int, error) {
	return s.mark(ctx, true, ids)
}

func (s Segments) mark(ctx context.Context, used bool, ids []druid.SegmentID) (int, error) {
	marked := 0
	err := s.write(ctx, "mark segments", func(c conn) error {
		marked = 0
		for _, id := range ids {
			n, err := c.exec(ctx, "UPDATE druid_segments SET used = ? WHERE id = ?", used, id.String())
			if err != nil {
				return err
			}
			marked += n
			*c.changed = append(*c.changed, id.String())
		}
		return nil
	})
	return marked, err
}

// MarkDataSourceUnused marks every segment of a datasource unused and returns how many rows it changed.
func (s Segments) MarkDataSourceUnused(ctx context.Context, dataSource string) (int, error) {
	marked := 0
	err := s.write(ctx, "mark "+dataSource+" unused", func(c conn) error {
		ids, err := collect(ctx, c, single[string], "UPDATE druid_segments SET used = false WHERE dataSource = ? RETURNING id", dataSource)
		marked, *c.changed = len(ids), append(*c.changed, ids...)
		return err
	})
	return marked, err
}

// MarkDataSourceUsed marks used the segments of a datasource that none of its other segments, used or not,
// overshadows: SQLMetadataSegmentManager.enableDataSource. It returns how many rows it changed.
func (s Segments) MarkDataSourceUsed(ctx context.Context, dataSource string) (int, error) {
	all, err := s.All(ctx, dataSource)
	if err != nil {
		return 0, err
	}
	var ids []druid.SegmentID
	for _, segment := range visible(all, []druid.Interval{druid.Eternity}) {
		ids = append(ids, segment.ID())
	}
	return s.MarkUsed(ctx, ids...)
}
