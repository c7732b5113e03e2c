package realtime

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/ingest"
	"oakmoot/internal/run/disk"
)

// mergeAndPush closes the sinks whose time is over and hands them off:
// RealtimePlumber.mergeAndPush. When the stream has ended, that is all of them.
func (p *plumber) mergeAndPush(ctx context.Context) {
	limit := handoffLimit(p.buckets, p.tuning.window, p.policy.clock(druid.At(p.loop.Clock.Now())))
	for start, s := range p.sinks {
		if start < limit || p.finishing {
			s.closed = true
		}
	}
	p.pass(ctx)
}

// followStream makes a pass whenever the time of a stream that has its own clock enters
// the next bucket. Druid waits for the wall clock, which means nothing to a stream of
// the past.
func (p *plumber) followStream(ctx context.Context) {
	m, ok := p.policy.(*messageTime)
	if !ok {
		return
	}
	if limit := handoffLimit(p.buckets, p.tuning.window, m.newest); limit > p.mergedUpTo {
		p.mergedUpTo = limit
		p.mergeAndPush(ctx)
	}
}

// pass moves every closed sink one step on.
func (p *plumber) pass(ctx context.Context) {
	if p.finishing {
		for _, s := range p.sinks {
			s.closed = true
		}
	}
	for _, s := range p.sinks {
		switch {
		case !s.closed || s.merging || s.pushed || s.failed || p.persists.underWay:
		case len(s.freeze()) > 0:
			p.persistAll(ctx)
		default:
			p.merge(ctx, s)
		}
	}
}

// merge merges a sink's hydrants into one segment, pushes and publishes it, and then
// starts asking whether a historical has taken it over.
func (p *plumber) merge(ctx context.Context, s *sink) {
	s.merging = true
	var dirs []string
	for _, h := range *s.hydrants.Load() {
		if h.onDisk {
			dirs = append(dirs, filepath.Join(s.dir, hydrantName(h.number)))
		}
	}
	p.loop.Async(func() (last func()) {
		err := p.push(ctx, s, dirs)
		if err == nil {
			p.server.handoffs.watch(ctx, pending{s.segment, func() { p.handedOff(ctx, s) }, p.loop})
		}
		return func() { p.merged(ctx, s, err) }
	})
}

func (p *plumber) merged(ctx context.Context, s *sink, err error) {
	s.merging = false
	s.pushed = err == nil
	if err != nil && ctx.Err() == nil {
		p.log.Error("segment not pushed, will be tried again", "segment", s.segment.ID().String(), "error", err)
		s.failed = true
		p.retry.Reset(retryPause)
	}
}

// push skips what an earlier incarnation has completed, according to its marker.
func (p *plumber) push(ctx context.Context, s *sink, hydrants []string) error {
	marker := filepath.Join(s.dir, pushedMarker)
	if disk.Exists(p.server.cfg.Disk, marker) {
		return nil
	}
	out := filepath.Join(s.dir, mergedDir)
	if err := p.server.cfg.Disk.RemoveAll(out); err != nil {
		return err
	}
	merged, err := ingest.Merge(p.server.cfg.Disk, hydrants, p.schema.Aggregators, p.schema.Rollup, out, p.tuning.indexSpec)
	if err != nil {
		return err
	}
	segment := s.segment
	segment.Dimensions = merged.Dimensions()
	if segment, err = p.server.cfg.DeepStorage.Push(ctx, out, segment, false); err != nil {
		return err
	}
	if _, err := p.server.cfg.Store.Insert(ctx, []druid.DataSegment{segment}); err != nil {
		return fmt.Errorf("publish %s: %w", segment.ID(), err)
	}
	p.log.Info("segment published", "segment", segment.ID().String(), "bytes", segment.Size)
	return disk.WriteFile(p.server.cfg.Disk, marker, nil)
}

// handedOff runs when a historical serves the segment: only now is it unannounced, and
// then its files and rows go.
func (p *plumber) handedOff(ctx context.Context, s *sink) {
	p.loop.Async(func() (last func()) {
		<-s.announced
		err := p.server.segments.Unannounce(ctx, s.segment)
		if err != nil && ctx.Err() != nil {
			return nil
		}
		err = errors.Join(err, p.server.cfg.Disk.RemoveAll(s.dir))
		return func() {
			if err != nil {
				p.log.Error("sink not cleared away", "segment", s.segment.ID().String(), "path", s.dir, "error", err)
			}
			p.server.served.Remove(s.segment)
			delete(p.sinks, s.segment.Interval.Start)
			p.log.Info("segment handed off", "segment", s.segment.ID().String())
		}
	})
}
