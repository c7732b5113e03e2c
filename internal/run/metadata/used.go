package metadata

import (
	"context"

	"oakmoot/internal/druid"
)

// MarkUnused takes segments out of use and returns how many rows it hit.
func (s *Store) MarkUnused(ctx context.Context, ids ...druid.SegmentID) (int, error) {
	return s.mark(ctx, false, ids)
}

// MarkUsed puts segments into use and returns how many rows it hit.
func (s *Store) MarkUsed(ctx context.Context, ids ...druid.SegmentID) (int, error) {
	return s.mark(ctx, true, ids)
}

func (s *Store) mark(ctx context.Context, used bool, ids []druid.SegmentID) (int, error) {
	marked := 0
	err := s.write(ctx, "mark segments", func(c conn) error {
		marked = 0
		for _, id := range ids {
			n, err := c.exec(ctx, "UPDATE druid_segments SET used = ? WHERE id = ?", used, id.String())
			if err != nil {
				return err
			}
			marked += n
		}
		return nil
	})
	return marked, err
}

// MarkDataSourceUnused takes every segment of a datasource out of use and returns
// how many rows it hit.
func (s *Store) MarkDataSourceUnused(ctx context.Context, dataSource string) (int, error) {
	marked := 0
	err := s.write(ctx, "mark "+dataSource+" unused", func(c conn) (err error) {
		marked, err = c.exec(ctx, "UPDATE druid_segments SET used = false WHERE dataSource = ?", dataSource)
		return err
	})
	return marked, err
}

// MarkDataSourceUsed puts the segments of a datasource into use that no other of
// its segments, used or not, overshadows: enableDataSource of
// SQLMetadataSegmentManager. It returns how many rows it hit.
func (s *Store) MarkDataSourceUsed(ctx context.Context, dataSource string) (int, error) {
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
