package realtime

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/ingest"
)

// chief reads one stream and owns its sinks: FireChief and RealtimePlumber.
type chief struct {
	*department
	server   *server
	log      hclog.Logger
	disk     disk
	source   firehose
	policy   rejection
	reports  chan func() // run by the chief: what helpers have to say; one per helper is its last
	takeover chan func() // run by the chief: handoffs that the coordinator has confirmed
	ended    chan struct{}

	// The chief's goroutine owns everything below. Before it runs, prepare does.
	sinks      map[druid.Timestamp]*sink
	at         *position // behind the rows in the sinks; nil for a firehose without
	start      position  // where the firehose begins
	persisting bool
	holding    bool // a persist has failed; the next one waits for retry
	retry      *time.Timer
	nextFlush  time.Time
	mergedUpTo druid.Timestamp // the last limit of a pass that followed the stream's time
	finishing  bool            // the stream has ended; all sinks are handed off
	helpers    int
	counts     counts
}

// counts are FireDepartmentMetrics since the last report.
type counts struct{ processed, unparseable, thrownAway int }

func newChief(d *department, s *server) (*chief, error) {
	source, err := parseFirehose(d)
	if err != nil {
		return nil, fmt.Errorf("datasource %s: %w", d.schema.DataSource, err)
	}
	policy, err := newRejection(d.tuning.rejection, d.tuning.window)
	if err != nil {
		return nil, fmt.Errorf("datasource %s: %w", d.schema.DataSource, err)
	}
	return &chief{
		department: d, server: s, source: source, policy: policy,
		log:      s.cfg.Log.With("datasource", d.schema.DataSource),
		disk:     disk{base: s.persistDir(d), dataSource: d.schema.DataSource},
		reports:  make(chan func()),
		takeover: make(chan func()),
		ended:    make(chan struct{}),
		sinks:    make(map[druid.Timestamp]*sink),
		retry:    time.NewTimer(24 * time.Hour),
	}, nil
}

// retryPause is how long after a failed push or persist the next try comes.
const retryPause = 10 * time.Second

// leastFlush is how often a stream that is silent is looked after, when
// intermediatePersistPeriod is shorter: none, or less than none, persists what comes at
// once, as RealtimePlumber.add does.
const leastFlush = time.Second

// run reads the stream until it ends and then until all of it is handed off, or
// until ctx ends; what then is in memory is persisted.
func (c *chief) run(ctx context.Context) error {
	defer close(c.ended)
	work, stop := context.WithCancel(ctx)
	defer stop()
	events := make(chan batch)
	c.help(func() (last func()) {
		err := c.source.run(work, c.start, events)
		return func() { c.streamEnded(work, err) }
	})
	c.nextFlush = time.Now().Add(c.tuning.persistPeriod)
	overseer := time.NewTimer(0) // the sinks that were restored may be due
	defer overseer.Stop()
	flush := time.NewTicker(max(c.tuning.persistPeriod, leastFlush))
	defer flush.Stop()
	defer c.retry.Stop()
	for !c.done() {
		select {
		case b := <-c.intake(events):
			c.take(work, b)
		case report := <-c.reports:
			report()
			c.pass(work)
		case handedOff := <-c.takeover:
			handedOff()
		case <-flush.C:
			c.persistAll(work)
		case <-c.retry.C:
			c.tryAgain(work)
		case now := <-overseer.C:
			c.mergeAndPush(work)
			overseer.Reset(time.Until(nextPass(c.buckets, c.tuning.window, now)))
		case <-ctx.Done():
			stop()
			c.drain()
			return c.saveNow()
		}
	}
	return nil
}

// intake is where rows come from, nil while there is no room for them.
func (c *chief) intake(events chan batch) <-chan batch {
	if c.full() && (c.persisting || c.holding) {
		return nil
	}
	return events
}

// streamEnded has everything handed off when the firehose says that no more will
// come. One that broke is only reported: a restart may go on.
func (c *chief) streamEnded(ctx context.Context, err error) {
	switch {
	case err == nil:
		c.log.Info("stream ended")
		c.finishing = true
	case ctx.Err() == nil:
		c.log.Error("stream broken", "error", err)
	}
}

// tryAgain takes up what has failed.
func (c *chief) tryAgain(ctx context.Context) {
	c.holding = false
	for _, s := range c.sinks {
		s.failed = false
	}
	c.persistAll(ctx)
	c.pass(ctx)
}

// done tells whether the stream has ended and all of it is handed off.
func (c *chief) done() bool { return c.finishing && len(c.sinks) == 0 && c.helpers == 0 }

// help runs f beside the chief; the function that it returns, if any, is run by
// the chief.
func (c *chief) help(f func() (last func())) {
	c.helpers++
	go func() {
		last := f()
		c.reports <- func() {
			c.helpers--
			if last != nil {
				last()
			}
		}
	}()
}

// drain waits for every helper. A handoff that is confirmed meanwhile is for the
// next incarnation, which will ask again.
func (c *chief) drain() {
	for c.helpers > 0 {
		select {
		case report := <-c.reports:
			report()
		case <-c.takeover:
		}
	}
}

// take adds rows to their sinks: RealtimePlumber.add.
func (c *chief) take(ctx context.Context, b batch) {
	now := druid.At(time.Now())
	before := c.counts
	c.counts.unparseable += b.unparseable
	c.counts.thrownAway += b.thrownAway
	for _, row := range b.rows {
		s := c.sinkOf(ctx, row.Time, now)
		if s == nil {
			c.counts.thrownAway++
			continue
		}
		err := s.current(c.schema).Add(row)
		var bad *ingest.ParseError
		switch {
		case err == nil:
			c.counts.processed++
		case errors.As(err, &bad):
			c.counts.processed++
			c.log.Debug("row with errors", "error", err)
		default:
			c.counts.unparseable++
			c.log.Warn("row not taken", "row", row, "error", err)
		}
	}
	c.emit(before)
	if b.at != nil {
		c.at = b.at
	}
	if c.full() || !time.Now().Before(c.nextFlush) {
		c.persistAll(ctx)
	}
	c.followStream(ctx)
}

// emit tells what has been counted since before.
func (c *chief) emit(before counts) {
	if emit := c.server.cfg.Emit; emit != nil {
		emit(c.schema.DataSource, c.counts.processed-before.processed, c.counts.unparseable-before.unparseable, c.counts.thrownAway-before.thrownAway)
	}
}

// sinkOf is the sink that takes a row of time t, nil when the row is rejected.
// The first row of a bucket opens its sink.
func (c *chief) sinkOf(ctx context.Context, t, now druid.Timestamp) *sink {
	if !c.policy.accept(t, now) {
		return nil
	}
	bucket := c.buckets.Holding(t)
	s := c.sinks[bucket.Start]
	if s == nil {
		s = c.open(bucket, c.disk.sinkDir(bucket), nil)
		c.announce(ctx, s)
	}
	if s.closed {
		return nil
	}
	return s
}

// announce makes the new sink known, while its rows already come.
func (c *chief) announce(ctx context.Context, s *sink) {
	c.help(func() (last func()) {
		defer close(s.announced)
		if err := c.server.segments.Announce(ctx, s.segment); err != nil && ctx.Err() == nil {
			c.log.Error("sink not announced", "segment", s.segment.ID().String(), "error", err)
		}
		return nil
	})
}

// open makes a sink that is served; it is for the caller to announce it.
func (c *chief) open(bucket druid.Interval, dir string, hydrants []*hydrant) *sink {
	s := newSink(druid.DataSegment{
		DataSource: c.schema.DataSource, Interval: bucket, Version: c.tuning.version(bucket),
		LoadSpec: []byte("{}"), Dimensions: []string{}, Metrics: c.schema.MetricNames(), ShardSpec: c.tuning.shardSpec,
	}, dir, hydrants)
	c.sinks[bucket.Start] = s
	c.server.served.Add(s.segment, s)
	return s
}

// full tells whether a sink has as many rows in memory as it may.
func (c *chief) full() bool {
	for _, s := range c.sinks {
		all := *s.hydrants.Load()
		if n := len(all); n > 0 && !all[n-1].frozen && all[n-1].index.Rows() >= c.tuning.maxRows {
			return true
		}
	}
	return false
}
