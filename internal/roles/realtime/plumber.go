package realtime

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/ingest"
	"oakmoot/internal/run/clock"
	"oakmoot/internal/run/loop"
)

// plumber takes a stream's rows from memory to the historicals: RealtimePlumber. The
// chief's loop owns it; restore runs before that.
type plumber struct {
	*department
	server     *server
	log        hclog.Logger
	loop       *loop.Loop
	metrics    *metrics
	policy     rejection
	persists   persists
	sinks      map[druid.Timestamp]*sink
	retry      *clock.Timer    // until what failed is tried again
	mergedUpTo druid.Timestamp // the limit of the last pass that followed the stream's time
	finishing  bool            // the stream has ended; all sinks are handed off
}

// retryPause is the time from a failed push or persist to the next try.
const retryPause = 10 * time.Second

func newPlumber(d *department, s *server, log hclog.Logger, l *loop.Loop, m *metrics) (*plumber, error) {
	policy, err := newRejection(d.tuning.rejection, d.tuning.window)
	if err != nil {
		return nil, fmt.Errorf("datasource %s: %w", d.schema.DataSource, err)
	}
	return &plumber{
		department: d, server: s, log: log, loop: l, metrics: m, policy: policy,
		persists: persists{store: sinkStore{disk: s.cfg.Disk, base: s.persistDir(d), dataSource: d.schema.DataSource}, indexSpec: d.tuning.indexSpec},
		sinks:    make(map[druid.Timestamp]*sink),
		retry:    l.Clock.NewTimer(24 * time.Hour),
	}, nil
}

// add puts a row into its sink: RealtimePlumber.add. A rejected row is not taken.
func (p *plumber) add(ctx context.Context, row ingest.Row, now druid.Timestamp) (taken bool, err error) {
	s := p.sinkOf(ctx, row.Time, now)
	if s == nil {
		return false, nil
	}
	return true, s.current(p.schema).Add(row)
}

// added is called after each batch; at is the position after its rows, nil for a
// firehose without one.
func (p *plumber) added(ctx context.Context, at *position) {
	if at != nil {
		p.persists.at = at
	}
	if p.full() || !p.loop.Clock.Now().Before(p.persists.next) {
		p.persistAll(ctx)
	}
	p.followStream(ctx)
}

// sinkOf returns the sink for a row of time t, nil when the row is rejected. The first
// row of a bucket opens its sink.
func (p *plumber) sinkOf(ctx context.Context, t, now druid.Timestamp) *sink {
	if !p.policy.accept(t, now) {
		return nil
	}
	bucket := p.buckets.Holding(t)
	s := p.sinks[bucket.Start]
	if s == nil {
		s = p.open(bucket, p.persists.store.sinkDir(bucket), nil)
		p.announce(ctx, s)
	}
	if s.closed {
		return nil
	}
	return s
}

// announce announces the new sink while its rows already arrive.
func (p *plumber) announce(ctx context.Context, s *sink) {
	p.log.Debug("segment begun", "segment", s.segment.ID())
	p.loop.Async(func() (last func()) {
		defer close(s.announced)
		if err := p.server.segments.Announce(ctx, s.segment); err != nil && ctx.Err() == nil {
			p.log.Error("sink not announced", "segment", s.segment.ID().String(), "error", err)
		}
		return nil
	})
}

// open makes a sink and serves it; the caller announces it.
func (p *plumber) open(bucket druid.Interval, dir string, hydrants []*hydrant) *sink {
	s := newSink(druid.DataSegment{
		DataSource: p.schema.DataSource, Interval: bucket, Version: p.tuning.version(bucket),
		LoadSpec: []byte("{}"), Dimensions: []string{}, Metrics: p.schema.MetricNames(), ShardSpec: p.tuning.shardSpec,
	}, dir, hydrants)
	p.sinks[bucket.Start] = s
	p.server.served.Add(s.segment, s)
	return s
}

// full reports whether a sink has as many rows in memory as it may.
func (p *plumber) full() bool {
	for _, s := range p.sinks {
		all := *s.hydrants.Load()
		if n := len(all); n > 0 && !all[n-1].frozen && all[n-1].index.Rows() >= p.tuning.maxRows {
			return true
		}
	}
	return false
}

// finish hands every sink off: RealtimePlumber.finishJob.
func (p *plumber) finish() { p.finishing = true }

// finished reports whether the stream has ended and all of it is handed off.
func (p *plumber) finished() bool { return p.finishing && len(p.sinks) == 0 }

// tryAgain retries what has failed.
func (p *plumber) tryAgain(ctx context.Context) {
	p.persists.holding = false
	for _, s := range p.sinks {
		s.failed = false
	}
	p.persistAll(ctx)
	p.pass(ctx)
}
