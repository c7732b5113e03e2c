package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/ingest"
	"oakmoot/internal/rows/segment"
	"oakmoot/internal/run/deepstore"
	"oakmoot/internal/run/disk"
	"oakmoot/internal/run/metadata"
	"oakmoot/internal/stage/scenario"
)

// publisher puts segments into deep storage and the metadata store, as Druid's
// insert-segment-to-db tool does for segments that were made elsewhere.
type publisher struct {
	dir      string // for what is being made
	storage  *deepstore.Local
	segments metadata.Segments
}

// firstDay is the first day of a datasource that has no segments yet.
const firstDay = druid.Timestamp(1577836800000) // 2020-01-01

// day is how long a segment is that is published behind others.
const day = druid.Timestamp(24 * time.Hour / time.Millisecond)

func (p *publisher) publish(ctx context.Context, what scenario.Publication) ([]druid.DataSegment, error) {
	there, err := p.segments.All(ctx, what.DataSource)
	if err != nil {
		return nil, err
	}
	intervals, err := intervalsOf(what, there)
	if err != nil {
		return nil, err
	}
	schema, err := publishedSchema(what.DataSource)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(p.dir, 0o755); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(p.dir, "publish-*")
	if err != nil {
		return nil, err
	}
	version := newVersion(there)
	segments := make([]druid.DataSegment, len(intervals))
	for i, interval := range intervals {
		if segments[i], err = p.push(ctx, schema, interval, version, what.Rows, filepath.Join(dir, strconv.Itoa(i))); err != nil {
			return nil, errors.Join(err, os.RemoveAll(dir))
		}
	}
	if err := os.RemoveAll(dir); err != nil {
		return nil, err
	}
	return p.segments.Insert(ctx, segments)
}

// intervalsOf are the intervals of the segments to be made.
func intervalsOf(what scenario.Publication, there []druid.DataSegment) (all []druid.Interval, err error) {
	n := druid.Timestamp(what.Segments)
	start, each := firstDay, day
	for _, s := range there {
		start = max(start, s.Interval.End)
	}
	if what.Interval != "" {
		whole, err := druid.ParseInterval(what.Interval)
		if err != nil {
			return nil, err
		}
		if start, each = whole.Start, (whole.End-whole.Start)/n; each < 1 {
			return nil, fmt.Errorf("%s is too short for %d segments", what.Interval, n)
		}
	}
	for i := range n {
		all = append(all, druid.Interval{Start: start + i*each, End: start + (i+1)*each})
	}
	return all, nil
}

// newVersion is a version that none of the segments has, and that is later than theirs.
func newVersion(there []druid.DataSegment) string {
	now := druid.At(time.Now())
	for _, s := range there {
		if version, err := druid.ParseTimestamp(s.Version); err == nil {
			now = max(now, version+1)
		}
	}
	return now.String()
}

// publishedSchema is that of made-up rows: a dimension "page", and the metrics "count"
// and "added".
func publishedSchema(dataSource string) (*ingest.Schema, error) {
	return ingest.NewSchema(druid.DataSchema{
		DataSource: dataSource,
		Parser: []byte(`{"type":"string","parseSpec":{"format":"json","timestampSpec":{"column":"time","format":"auto"},` +
			`"dimensionsSpec":{"dimensions":["page"]}}}`),
		MetricsSpec: []druid.AggregatorFactory{
			{Type: "count", Name: "count"}, {Type: "longSum", Name: "added", FieldName: "added"},
		},
	})
}

// push makes a segment and stores it.
func (p *publisher) push(ctx context.Context, schema *ingest.Schema, interval druid.Interval, version string, rows int, dir string) (druid.DataSegment, error) {
	index := ingest.NewIncremental(schema, interval)
	step := max(1, (interval.End-interval.Start)/druid.Timestamp(rows))
	for i := range rows {
		at := min(interval.Start+druid.Timestamp(i)*step, interval.End-1)
		err := index.Add(ingest.Row{Time: at, Dimensions: []string{"page"}, Event: map[string]any{"page": "page-" + strconv.Itoa(i+1), "added": int64(i + 1)}})
		if err != nil {
			return druid.DataSegment{}, err
		}
	}
	if err := index.Persist(disk.OS{}, dir, segment.IndexSpec{}); err != nil {
		return druid.DataSegment{}, err
	}
	return p.storage.Push(ctx, dir, druid.DataSegment{
		DataSource: schema.DataSource, Interval: interval, Version: version, Dimensions: []string{"page"}, Metrics: schema.MetricNames(),
		ShardSpec: druid.ShardSpec{Type: "numbered", PartitionNum: 0, Partitions: 1},
	}, false)
}
