package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/deepstore"
	"oakmoot/internal/run/disk"
	"oakmoot/internal/run/durable"
	"oakmoot/internal/run/metadata"
)

// insertedAtOnce is how many generated segments one transaction publishes: others get
// their turn in between.
const insertedAtOnce = 5000

// generation publishes the segments of a datasource that has no rows. That takes several
// transactions, and a file in the data directory says which it is until the last of them:
// a run that was ended in between is finished by the next.
type generation struct {
	dir    *dataDir
	store  metadata.Segments
	of     DataSource
	atOnce int // segments
}

// begun is what the file says.
type begun struct {
	DataSource string `json:"dataSource"`
	Version    string `json:"version"`
	What       string `json:"what"` // the topology wants
}

// what is how the topology describes the segments.
func (g *generation) what() string {
	return fmt.Sprintf("%d times %d bytes, %s each, from %s, %d an interval", g.of.Generate.Segments, g.of.Generate.Size.Bytes, g.of.SegmentGranularity,
		g.of.Generate.Start, g.of.Generate.Partitions)
}

func (g *generation) file() string { return g.dir.file("generating.json") }

// interrupted reports whether an earlier run has begun with this datasource and not come to its end.
func (g *generation) interrupted() (by begun, yes bool, err error) {
	text, err := os.ReadFile(g.file())
	if errors.Is(err, fs.ErrNotExist) {
		return by, false, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &by)
	}
	if err != nil {
		return by, false, fmt.Errorf("%s: %w", g.file(), err)
	}
	return by, by.DataSource == g.of.Name, nil
}

// run publishes all segments, or those that an interrupted run has left out. If they have
// become others since, they have a new version, which overshadows what there is.
func (g *generation) run(ctx context.Context) error {
	wanted := begun{g.of.Name, druid.At(time.Now()).String(), g.what()}
	earlier, interrupted, err := g.interrupted()
	if err != nil {
		return err
	}
	if interrupted && earlier.What == wanted.What {
		wanted.Version = earlier.Version
	}
	batches, err := g.batches(wanted.Version)
	if err != nil {
		return err
	}
	if err := g.begin(wanted); err != nil {
		return err
	}
	for batch := range batches {
		if _, err := g.store.Insert(ctx, batch); err != nil { // it skips what is there
			return err
		}
	}
	return os.Remove(g.file())
}

// begin writes the file.
func (g *generation) begin(b begun) error {
	text, err := json.Marshal(b)
	if err != nil {
		return err
	}
	return durable.Replace(disk.OS{}, g.file(), text)
}

// batches are the segments, as many at once as one transaction publishes. The slice is
// used again.
func (g *generation) batches(version string) (iter.Seq[[]druid.DataSegment], error) {
	intervals, err := g.of.GeneratedIntervals()
	if err != nil {
		return nil, err
	}
	format := 9 // what an index task writes
	return func(yield func([]druid.DataSegment) bool) {
		batch := make([]druid.DataSegment, 0, g.atOnce)
		left := g.of.Generate.Segments
		for start, end := range intervals {
			interval := druid.Interval{Start: druid.At(start), End: druid.At(end)}
			partitions := min(left, g.of.Generate.Partitions)
			left -= partitions
			for n := range partitions {
				batch = append(batch, druid.DataSegment{
					DataSource: g.of.Name, Interval: interval, Version: version, LoadSpec: deepstore.Generated,
					ShardSpec: druid.NumberedShardSpec(n, partitions), Size: g.of.Generate.Size.Bytes, BinaryVersion: &format,
				})
			}
			if len(batch) >= g.atOnce || left == 0 {
				if !yield(batch) {
					return
				}
				batch = batch[:0]
			}
		}
	}, nil
}
