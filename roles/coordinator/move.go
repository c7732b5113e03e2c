package coordinator

import (
	"context"

	"oakmoot/internal/druid"
	"oakmoot/roles/coordinator/plan"
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
		path := l.Paths.LoadRequest(target.server, segment.ID().String())
		l.apart(ctx, func(ctx context.Context) func(context.Context) {
			stat, err := l.zc.Exists(ctx, path)
			taken := err == nil && stat == nil
			return func(ctx context.Context) {
				if taken && !source.stopped && l.serves(target.server, segment.ID()) && !source.dropping(a.Segment) {
					source.drop(a.Segment, ended)
					l.work(ctx, source)
					return
				}
				ended(ctx)
			}
		})
	})
}

// serves tells whether a server announces a segment.
func (l *leadership) serves(server string, id druid.SegmentID) bool {
	for _, s := range l.view.Snapshot() {
		if s.Meta.Name == server {
			_, ok := s.Segments[id]
			return ok
		}
	}
	return false
}
