package coordinator

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/druid"
	"oakmoot/internal/roles/coordinator/balance"
	"oakmoot/internal/roles/coordinator/plan"
	"oakmoot/internal/run/loop"
	"oakmoot/internal/run/museum"
)

// loadQueues are the load queues of all servers that segments are replicated onto: Druid's LoadQueueTaskMaster, and
// the part of DruidCoordinator that works with its peons. The loop owns them.
type loadQueues struct {
	loop     *loop.Loop
	log      hclog.Logger
	requests *requests
	catalog  *plan.Catalog             // told of what is queued
	session  time.Duration             // the session timeout
	timeout  time.Duration             // druid.coordinator.load.timeout
	peons    map[string]*loadQueuePeon // by server name
	drops    askedDrops
	silent   bool // sends nothing any more: a bug, for the museum
}

// attend gives every replication target a peon, which keeps the picture on which the duties decide true to what is queued,
// and stops the peons of servers that are gone.
func (q *loadQueues) attend(ctx context.Context, servers []*balance.Server, decommissioning []string) {
	present := map[string]bool{}
	for _, s := range servers {
		present[s.Meta.Name] = true
		p := q.peons[s.Meta.Name]
		if p == nil {
			p = newLoadQueuePeon(s.Meta.Name, q.catalog)
			q.peons[s.Meta.Name] = p
		}
		s.Decommissioning = slices.Contains(decommissioning, s.Meta.Host)
		p.draw(s)
		for _, id := range q.drops.picture(s, q.loop.Clock.Steady(), q.session, q.timeout) {
			q.log.Warn("still announced long after its drop", "server", p.server, "segment", id.String())
		}
	}
	for name, p := range q.peons {
		if !present[name] {
			delete(q.peons, name)
			p.stop(ctx)
			q.drops.vanished(name, q.loop.Clock.Steady())
			q.silent = q.requests.museum.Has(museum.StopsAllLoadQueues)
		}
	}
}

// workAll sends whatever can be sent to any server.
func (q *loadQueues) workAll(ctx context.Context) {
	for _, name := range sortedNames(q.peons) {
		q.work(ctx, q.peons[name])
	}
}

// work sends a peon's next request if none is in flight. Druid looks every 50 ms instead.
func (q *loadQueues) work(ctx context.Context, p *loadQueuePeon) {
	if q.silent {
		return
	}
	r := p.next()
	if r == nil {
		return
	}
	waiting, abandon := context.WithCancel(ctx)
	p.abandon = abandon
	action, segment := r.action, r.segment
	q.log.Debug("request", "server", p.server, "action", action, "segment", segment.ID())
	if action == druid.ActionDrop {
		q.drops.asked(p.server, segment.ID())
	} else {
		q.drops.forget(p.server, segment.ID())
	}
	apart(q.loop, waiting, func(waiting context.Context) func() {
		err := q.requests.exchange(waiting, p.server, action, segment)
		return func() { q.answered(ctx, p, err) }
	})
}

// answered ends a request. That its znode is gone means that the server has dealt with it, not that it succeeded: its
// announcements show that.
func (q *loadQueues) answered(ctx context.Context, p *loadQueuePeon, err error) {
	if p.stopped {
		return
	}
	p.abandon()
	r := p.finish()
	if !errors.Is(err, errIgnored) {
		q.drops.answered(p.server, r.segment.ID(), q.loop.Clock.Steady())
	}
	if err != nil {
		q.log.Warn("request failed", "server", p.server, "action", r.action, "segment", r.segment.ID().String(), "error", err)
	} else {
		q.log.Debug("request answered", "server", p.server, "action", r.action, "segment", r.segment.ID())
	}
	for _, done := range r.done {
		done(ctx)
	}
	q.work(ctx, p)
}

// move has a segment loaded by its new server and, once that server announces it, dropped by its old one:
// DruidCoordinator.moveSegment. It is loaded as the metadata store has it, and dropped as the old server announced
// it. ended is called when the move is over, whether it succeeded or not.
func (q *loadQueues) move(a plan.Action, segment *druid.DataSegment, ended func()) {
	source, target := q.peons[a.From], q.peons[a.Server]
	over := func(context.Context) {
		source.unmark(a.Segment)
		ended()
	}
	source.mark(segment)
	target.load(segment, func(ctx context.Context) {
		apart(q.loop, ctx, func(waiting context.Context) func() {
			announced := q.requests.arrived(waiting, target.server, segment.ID())
			return func() {
				if !announced || source.stopped || source.dropping(a.Segment) {
					over(ctx)
					return
				}
				source.drop(a.Segment, over)
				q.work(ctx, source)
			}
		})
	})
}
