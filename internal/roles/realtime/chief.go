package realtime

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/ingest"
	"oakmoot/internal/run/loop"
)

// chief reads one stream and passes its rows to its plumber: RealtimeManager.FireChief.
// Its loop owns the plumber too.
type chief struct {
	*department
	server  *server
	log     hclog.Logger
	loop    *loop.Loop
	source  firehose
	start   position // where the firehose begins; prepare sets it
	plumber *plumber
	metrics *metrics
}

func newChief(d *department, s *server) (*chief, error) {
	source, err := parseFirehose(d, s.cfg.Env)
	if err != nil {
		return nil, fmt.Errorf("datasource %s: %w", d.schema.DataSource, err)
	}
	c := &chief{
		department: d, server: s, source: source,
		log:     s.cfg.Log.With("datasource", d.schema.DataSource),
		loop:    loop.NewBy(s.cfg.Clock, "the stream of datasource "+d.schema.DataSource),
		metrics: &metrics{dataSource: d.schema.DataSource, emit: s.cfg.Emit},
	}
	c.plumber, err = newPlumber(d, s, c.log, c.loop, c.metrics)
	return c, err
}

// leastFlush is the least time between checks of a silent stream when
// intermediatePersistPeriod is shorter: a period of zero or less persists whatever
// comes at once, as in RealtimePlumber.add.
const leastFlush = time.Second

// serve runs as a stage of the node: a stream that has ended, or that cannot be read,
// does not end the node.
func (c *chief) serve(ctx context.Context) error {
	if err := c.run(ctx); err != nil && ctx.Err() == nil {
		c.log.Error("stream ended", "error", err)
	}
	<-ctx.Done()
	return nil
}

// run reads the stream until it ends and everything is handed off, or until ctx ends;
// what is in memory then is persisted.
func (c *chief) run(ctx context.Context) error {
	defer c.loop.End()
	work, stop := context.WithCancel(ctx)
	defer stop()
	p := c.plumber
	events := make(chan batch)
	c.loop.Async(func() (last func()) {
		err := c.source.run(work, c.start, events)
		return func() { c.streamEnded(work, err) }
	})
	p.persists.next = c.loop.Clock.Now().Add(c.tuning.persistPeriod)
	overseer := c.loop.Clock.NewTimer(0) // restored sinks may be due
	defer overseer.Stop()
	flush := c.loop.Clock.NewTicker(max(c.tuning.persistPeriod, leastFlush))
	defer flush.Stop()
	defer p.retry.Stop()
	for !c.done() {
		select {
		case b := <-c.intake(events):
			c.take(work, b)
		case f := <-c.loop.Calls():
			f()
			p.pass(work)
		case <-flush.C:
			p.persistAll(work)
		case <-p.retry.C:
			p.tryAgain(work)
		case <-overseer.C:
			p.mergeAndPush(work)
			overseer.Reset(c.loop.Clock.Until(nextPass(c.buckets, c.tuning.window, c.loop.Clock.Now())))
		case <-ctx.Done():
			c.loop.End()
			return p.saveNow()
		}
	}
	return nil
}

// done reports whether the stream has ended and everything is handed off.
func (c *chief) done() bool { return c.plumber.finished() && c.loop.Pending() == 0 }

// intake is where rows come from, nil while there is no room for more.
func (c *chief) intake(events chan batch) <-chan batch {
	if c.plumber.full() && !c.plumber.persists.idle() {
		return nil
	}
	return events
}

// streamEnded hands everything off when the firehose says that no more will come. A
// broken one is only reported: a restart may resume it.
func (c *chief) streamEnded(ctx context.Context, err error) {
	switch {
	case err == nil:
		c.log.Info("stream ended")
		c.plumber.finish()
	case ctx.Err() == nil:
		c.log.Error("stream broken", "error", err)
	}
}

// take adds rows to their sinks.
func (c *chief) take(ctx context.Context, b batch) {
	now := druid.At(c.loop.Clock.Now())
	n := counts{unparseable: b.unparseable, thrownAway: b.thrownAway}
	for _, row := range b.rows {
		taken, err := c.plumber.add(ctx, row, now)
		var bad *ingest.ParseError
		switch {
		case !taken:
			n.thrownAway++
		case err == nil:
			n.processed++
		case errors.As(err, &bad):
			n.processed++
			c.log.Debug("row with errors", "error", err)
		default:
			n.unparseable++
			c.log.Warn("row not taken", "row", row, "error", err)
		}
	}
	c.metrics.add(n)
	c.plumber.added(ctx, b.at)
}
