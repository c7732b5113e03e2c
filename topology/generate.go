package topology

import (
	"fmt"
	"iter"
	"math"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/stage/kinds"
	"oakmoot/internal/stage/tomldoc"
)

// Generates reports whether the datasource is segments without rows.
func (d DataSource) Generates() bool { return d.Generate != Generate{} }

// GeneratedIntervals are the start and the end of the intervals of the datasource's
// segments, one after another: each is as long as the segment granularity, and belongs to
// as many segments as there are partitions.
func (d DataSource) GeneratedIntervals() (iter.Seq2[time.Time, time.Time], error) {
	granularity, err := druid.ParseGranularity(d.SegmentGranularity)
	if err != nil {
		return nil, err
	}
	start, err := druid.ParseTimestamp(d.Generate.Start)
	if err != nil {
		return nil, err
	}
	count := (d.Generate.Segments + d.Generate.Partitions - 1) / d.Generate.Partitions
	return func(yield func(start, end time.Time) bool) {
		at := granularity.Truncate(start)
		for range count {
			bucket := granularity.Bucket(at)
			if !yield(bucket.Start.Time(), bucket.End.Time()) {
				return
			}
			at = bucket.End
		}
	}, nil
}

// maxGenerated is more segments than one datasource of any cluster has.
const maxGenerated = 10_000_000

// lastYear is the last moment that Druid's interval for "all time" holds: a segment after it
// would never be asked for.
var lastYear = time.Date(9999, time.December, 31, 23, 59, 59, 999_999_999, time.UTC)

// generate checks a datasource of segments without rows.
func (c *checker) generate(table tomldoc.Path, d DataSource) {
	path := func(steps ...any) tomldoc.Path { return append(append(tomldoc.Path{}, table...), steps...) }
	given := c.written.DataSources[table[1].(int)].Generate
	for _, key := range []string{
		"input", "format", "columns", "timestamp", "timestamp_format", "dimensions", "metrics", "query_granularity", "rollup",
	} {
		c.meaningless(path(key), c.doc.Sets(path(key)), "generated segments have no rows")
	}
	if given.Segments == 0 && !c.doc.Sets(path("generate", "segments")) {
		c.add(path("generate"), "segments is missing: how many of them are there?")
	} else {
		c.within(path("generate", "segments"), given.Segments, 1, maxGenerated)
	}
	if !d.Generates() || c.doc.Has(path("generate")) {
		return
	}
	c.within(path("generate", "partitions"), c.number(path("generate", "partitions"), given.Partitions, d.Generate.Partitions), 1, math.MaxInt16)
	if _, err := druid.ParseTimestamp(d.Generate.Start); err != nil {
		c.add(path("generate", "start"), "%q is not a time, such as %q", d.Generate.Start, defaultGeneratedStart)
	}
	c.demandKinds(table, func(k kinds.Kind) string { return k.Serving })
	for i, r := range c.topo.Roles {
		if r.External && kinds.Of(r.Kind).ServerType == druid.TypeHistorical {
			c.add(at("role", i, "external"), "an external historical cannot load the segments of %q: they are generated, and have no files", d.Name)
		}
	}
	if c.doc.Has(table) {
		return
	}
	if last, err := d.lastGenerated(); err != nil {
		c.add(path("segment_granularity"), "%v", err)
	} else if last.After(lastYear) {
		c.add(path("generate", "segments"), "%d segments of a %s each end after the year 9999: a finer segment_granularity, or partitions, make room for them",
			d.Generate.Segments, d.SegmentGranularity)
	}
}

// lastGenerated is when the last of the intervals ends, or the first that is out of bounds.
func (d DataSource) lastGenerated() (end time.Time, err error) {
	intervals, err := d.GeneratedIntervals()
	if err != nil {
		return end, err
	}
	for _, end = range intervals {
		if end.After(lastYear) {
			break
		}
	}
	return end, nil
}

func (g Generate) String() string {
	return fmt.Sprintf("%d segments without rows", g.Segments)
}
