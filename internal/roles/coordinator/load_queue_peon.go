package coordinator

import (
	"context"
	"slices"

	"oakmoot/internal/druid"
	"oakmoot/internal/roles/coordinator/balance"
	"oakmoot/internal/roles/coordinator/plan"
)

// callback is run by the leadership's loop when a request has ended, whether well or not.
type callback func(context.Context)

// request is a segment that a server is to load or drop.
type request struct {
	action  string // druid.ActionLoad or druid.ActionDrop
	segment *druid.DataSegment
	done    []callback
}

// loadQueuePeon is the load queue of one server: CuratorLoadQueuePeon. One request is in flight at a time; drops go
// before loads, newest segments first.
type loadQueuePeon struct {
	server  string
	loads   []*request // in the order of plan.Newest, including the current one
	drops   []*request
	marked  map[druid.SegmentID]*druid.DataSegment // to be dropped once loaded elsewhere
	current *request
	abandon context.CancelFunc // stops waiting for the current request
	stopped bool
}

func newLoadQueuePeon(server string) *loadQueuePeon {
	return &loadQueuePeon{server: server, marked: map[druid.SegmentID]*druid.DataSegment{}, abandon: func() {}}
}

// load queues a segment to be loaded.
func (p *loadQueuePeon) load(segment *druid.DataSegment, done callback) {
	p.enqueue(&p.loads, druid.ActionLoad, segment, done)
}

// drop queues a segment to be dropped.
func (p *loadQueuePeon) drop(segment *druid.DataSegment, done callback) {
	p.enqueue(&p.drops, druid.ActionDrop, segment, done)
}

// enqueue adds a request. If one for the same segment is in flight or queued for the same action, it only adds the
// callback to that one. The one in flight may be for the other action: as in Druid, the new request is then
// swallowed.
func (p *loadQueuePeon) enqueue(queue *[]*request, action string, segment *druid.DataSegment, done callback) {
	var callbacks []callback
	if done != nil {
		callbacks = []callback{done}
	}
	if p.current != nil && p.current.segment.ID() == segment.ID() {
		p.current.done = append(p.current.done, callbacks...)
		return
	}
	i, queued := find(*queue, segment)
	if queued {
		(*queue)[i].done = append((*queue)[i].done, callbacks...)
		return
	}
	*queue = slices.Insert(*queue, i, &request{action: action, segment: segment, done: callbacks})
}

func find(queue []*request, segment *druid.DataSegment) (int, bool) {
	return slices.BinarySearchFunc(queue, segment, func(r *request, s *druid.DataSegment) int { return plan.Newest(r.segment, s) })
}

// next makes the first request in the queue the current one; nil if there is none or another is in flight.
func (p *loadQueuePeon) next() *request {
	switch {
	case p.current != nil:
		return nil
	case len(p.drops) > 0:
		p.current = p.drops[0]
	case len(p.loads) > 0:
		p.current = p.loads[0]
	}
	return p.current
}

// finish takes the current request out of the queue and returns it.
func (p *loadQueuePeon) finish() *request {
	ended := p.current
	p.current = nil
	queue := &p.loads
	if ended.action == druid.ActionDrop {
		queue = &p.drops
	}
	switch i, ok := find(*queue, ended.segment); {
	case ok && i == 0:
		(*queue)[0] = nil
		*queue = (*queue)[1:]
	case ok:
		*queue = slices.Delete(*queue, i, i+1)
	}
	return ended
}

// stop ends the peon: whoever waits is called back, and a request in flight is left to the server or to the end of
// the session.
func (p *loadQueuePeon) stop(ctx context.Context) {
	p.abandon()
	p.stopped = true
	waiting := slices.Concat(p.drops, p.loads)
	p.loads, p.drops, p.current = nil, nil, nil
	for _, r := range waiting {
		for _, done := range r.done {
			done(ctx)
		}
	}
}

// dropping reports whether the segment is queued to be dropped.
func (p *loadQueuePeon) dropping(segment *druid.DataSegment) bool {
	_, queued := find(p.drops, segment)
	return queued
}

// picture draws the queue into the server's picture.
func (p *loadQueuePeon) picture(s *balance.Server) {
	for _, r := range p.loads {
		s.Load(r.segment)
	}
	for _, r := range p.drops {
		s.Drop(r.segment.ID())
	}
	for _, segment := range p.marked {
		s.Mark(segment)
	}
}
