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
// before loads, newest segments first. It keeps the server's picture, on which the duties decide, true to its queue.
type loadQueuePeon struct {
	server  string
	catalog *plan.Catalog
	picture *balance.Server // nil once stopped
	loads   []*request      // in the order of plan.Newest, including the current one
	drops   []*request
	marked  map[druid.SegmentID]*druid.DataSegment // to be dropped once loaded elsewhere
	current *request
	abandon context.CancelFunc // stops waiting for the current request
	stopped bool
}

func newLoadQueuePeon(server string, catalog *plan.Catalog) *loadQueuePeon {
	return &loadQueuePeon{server: server, catalog: catalog, marked: map[druid.SegmentID]*druid.DataSegment{}, abandon: func() {}}
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
	defer p.show(segment)
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
	p.show(ended.segment)
	return ended
}

// stop ends the peon: whoever waits is called back, and a request in flight is left to the server or to the end of
// the session.
func (p *loadQueuePeon) stop(ctx context.Context) {
	p.abandon()
	p.stopped = true
	p.draw(nil)
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

// mark records that a segment is to be dropped once it is loaded elsewhere.
func (p *loadQueuePeon) mark(segment *druid.DataSegment) {
	p.marked[segment.ID()] = segment
	p.show(segment)
}

// unmark records that it is not, or not yet.
func (p *loadQueuePeon) unmark(segment *druid.DataSegment) {
	delete(p.marked, segment.ID())
	p.show(segment)
}

// draw shows the queue in another picture from now on, or in none.
func (p *loadQueuePeon) draw(s *balance.Server) {
	if p.picture == s {
		return
	}
	if p.picture != nil {
		p.catalog.Idle(p.picture)
	}
	p.picture = s
	for _, queue := range [][]*request{p.loads, p.drops} {
		for _, r := range queue {
			p.show(r.segment)
		}
	}
	for _, segment := range p.marked {
		p.show(segment)
	}
}

// show makes the picture say of a segment what the queue says of it.
func (p *loadQueuePeon) show(segment *druid.DataSegment) {
	s, id := p.picture, segment.ID()
	if s == nil {
		return
	}
	if i, queued := find(p.loads, segment); queued {
		p.catalog.Load(s, p.loads[i].segment)
	} else {
		p.catalog.Unload(s, id)
	}
	if p.dropping(segment) {
		s.Drop(id)
	} else {
		s.Keep(id)
	}
	if marked := p.marked[id]; marked != nil {
		s.Mark(marked)
	} else {
		s.Unmark(id)
	}
}
