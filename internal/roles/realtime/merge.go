package realtime

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/ingest"
)

// mergeAndPush closes the sinks whose time is over and has them handed off:
// RealtimePlumber.mergeAndPush. When the stream has ended it is all of them.
func (c *chief) mergeAndPush(ctx context.Context) {
	limit := handoffLimit(c.buckets, c.tuning.window, c.policy.clock(druid.At(time.Now())))
	for start, s := range c.sinks {
		if start < limit || c.finishing {
			s.closed = true
		}
	}
	c.pass(ctx)
}

// followStream makes a pass whenever the time of a stream that has its own moves
// on to the next bucket. Druid waits for the wall clock, which for a stream of
// the past says nothing.
func (c *chief) followStream(ctx context.Context) {
	p, ok := c.policy.(*messageTime)
	if !ok {
		return
	}
	if limit := handoffLimit(c.buckets, c.tuning.window, p.newest); limit > c.mergedUpTo {
		c.mergedUpTo = limit
		c.mergeAndPush(ctx)
	}
}

// pass takes every closed sink a step on.
func (c *chief) pass(ctx context.Context) {
	if c.finishing {
		for _, s := range c.sinks {
			s.closed = true
		}
	}
	for _, s := range c.sinks {
		switch {
		case !s.closed || s.merging || s.pushed || s.failed || c.persisting:
		case len(s.freeze()) > 0:
			c.persistAll(ctx)
		default:
			c.merge(ctx, s)
		}
	}
}

// merge makes one segment of a sink's hydrants, pushes and publishes it, and then
// has the coordinator asked whether a historical has taken it over.
func (c *chief) merge(ctx context.Context, s *sink) {
	s.merging = true
	var dirs []string
	for _, h := range *s.hydrants.Load() {
		if h.onDisk {
			dirs = append(dirs, filepath.Join(s.dir, hydrantName(h.number)))
		}
	}
	c.help(func() (last func()) {
		err := c.push(ctx, s, dirs)
		if err == nil {
			c.server.handoffs.watch(pending{s.segment, func() { c.handedOff(ctx, s) }, c})
		}
		return func() { c.merged(ctx, s, err) }
	})
}

func (c *chief) merged(ctx context.Context, s *sink, err error) {
	s.merging = false
	s.pushed = err == nil
	if err != nil && ctx.Err() == nil {
		c.log.Error("segment not pushed, it will be tried again", "segment", s.segment.ID().String(), "error", err)
		s.failed = true
		c.retry.Reset(retryPause)
	}
}

// push skips what an earlier incarnation has completed, which its marker says.
func (c *chief) push(ctx context.Context, s *sink, hydrants []string) error {
	marker := filepath.Join(s.dir, pushedMarker)
	if _, err := os.Stat(marker); err == nil {
		return nil
	}
	out := filepath.Join(s.dir, mergedDir)
	if err := os.RemoveAll(out); err != nil {
		return err
	}
	merged, err := ingest.Merge(hydrants, c.schema.Aggregators, c.schema.Rollup, out, c.tuning.indexSpec)
	if err != nil {
		return err
	}
	segment := s.segment
	segment.Dimensions = merged.Dimensions()
	if segment, err = c.server.cfg.DeepStorage.Push(ctx, out, segment, false); err != nil {
		return err
	}
	if _, err := c.server.cfg.Store.Insert(ctx, []druid.DataSegment{segment}); err != nil {
		return fmt.Errorf("publish %s: %w", segment.ID(), err)
	}
	c.log.Info("segment published", "segment", segment.ID().String(), "bytes", segment.Size)
	return os.WriteFile(marker, nil, 0o644)
}

// handedOff is run when a historical serves the segment: only now is it
// un-announced, and then its files and its rows go.
func (c *chief) handedOff(ctx context.Context, s *sink) {
	c.help(func() (last func()) {
		<-s.announced
		err := c.server.segments.Unannounce(ctx, s.segment)
		if err != nil && ctx.Err() != nil {
			return nil
		}
		err = errors.Join(err, os.RemoveAll(s.dir))
		return func() {
			if err != nil {
				c.log.Error("sink not cleared away", "segment", s.segment.ID().String(), "path", s.dir, "error", err)
			}
			c.server.served.Remove(s.segment)
			delete(c.sinks, s.segment.Interval.Start)
			c.log.Info("segment handed off", "segment", s.segment.ID().String())
		}
	})
}
