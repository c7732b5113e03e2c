package coordinator

import (
	"context"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/roles/coordinator/plan"
)

// move has a segment loaded by its new server and, once that announces it, dropped
// by its old one: DruidCoordinator.moveSegment. The segment is loaded as the
// metadata store has it, and dropped as the old server announced it.
func (l *leadership) move(a plan.Action) {
	segment, used := l.snapshot.used.byID[a.Segment.ID()]
	source, target := l.peons[a.From], l.peons[a.Server]
	ended := func(context.Context) {
		delete(source.marked, a.Segment.ID())
		l.moves.Done(a.Tier, a.Segment.ID())
	}
	if !used {
		l.moves.Done(a.Tier, a.Segment.ID())
		return
	}
	source.marked[segment.ID()] = segment
	target.load(segment, func(ctx context.Context) {
		l.apart(ctx, func(ctx context.Context) func(context.Context) {
			announced := l.arrived(ctx, target.server, segment.ID())
			return func(ctx context.Context) {
				if !announced || source.stopped || source.dropping(a.Segment) {
					ended(ctx)
					return
				}
				source.drop(a.Segment, ended)
				l.work(ctx, source)
			}
		})
	})
}

// Druid asks its view of the servers once, on the heels of the request's deletion,
// and leaves the old copy to a later run if it asked too early. That run may well
// drop the new copy instead; so the view is given a moment here.
const (
	arrivalPause = 50 * time.Millisecond
	arrivalTries = 20
)

// arrived tells whether a segment's load request is gone and its server announces
// the segment.
func (c *coordinator) arrived(ctx context.Context, server string, id druid.SegmentID) bool {
	stat, err := c.zc.Exists(ctx, c.Paths.LoadRequest(server, id.String()))
	if err != nil || stat != nil {
		return false
	}
	for range arrivalTries {
		if c.serves(server, id) {
			return true
		}
		select {
		case <-time.After(arrivalPause):
		case <-ctx.Done():
			return false
		}
	}
	return false
}

// serves tells whether a server announces a segment.
func (c *coordinator) serves(server string, id druid.SegmentID) bool {
	for _, s := range c.view.Snapshot() {
		if s.Meta.Name == server {
			_, ok := s.Segments[id]
			return ok
		}
	}
	return false
}
