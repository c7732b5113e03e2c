package cluster

import (
	"context"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/deepstore"
	"oakmoot/internal/run/metadata"
)

// insertedAtOnce is how many generated segments one transaction publishes: others get
// their turn in between.
const insertedAtOnce = 5000

// generate publishes the segments of a datasource that has no rows.
func generate(ctx context.Context, store metadata.Segments, ds DataSource) error {
	intervals, err := ds.GeneratedIntervals()
	if err != nil {
		return err
	}
	version := druid.At(time.Now()).String()
	format := 9 // what an index task writes
	batch := make([]druid.DataSegment, 0, insertedAtOnce)
	publish := func() error {
		if len(batch) == 0 {
			return nil
		}
		_, err := store.Insert(ctx, batch)
		batch = batch[:0]
		return err
	}
	left := ds.Generate.Segments
	for start, end := range intervals {
		interval := druid.Interval{Start: druid.At(start), End: druid.At(end)}
		partitions := min(left, ds.Generate.Partitions)
		left -= partitions
		for n := range partitions {
			batch = append(batch, druid.DataSegment{
				DataSource: ds.Name, Interval: interval, Version: version, LoadSpec: deepstore.Generated,
				ShardSpec: druid.NumberedShardSpec(n, partitions), Size: ds.Generate.Size.Bytes, BinaryVersion: &format,
			})
		}
		if len(batch) >= insertedAtOnce {
			if err := publish(); err != nil {
				return err
			}
		}
	}
	return publish()
}
