package coordinator

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"oakmoot/internal/roles/coordinator/balance"
	"oakmoot/internal/roles/coordinator/plan"
	"oakmoot/internal/run/clock"
	"oakmoot/internal/run/loop"
	"oakmoot/internal/run/museum"
	"oakmoot/internal/zk/discovery"
)

// leadership is everything that lives for one term: it starts from nothing and is thrown away, as in
// DruidCoordinator.stopBeingLeader. Its loop owns its parts.
type leadership struct {
	*coordinator
	since    time.Time       // by the clock's steady reading
	work     context.Context // for what the loop does; ends with the term
	loop     *loop.Loop
	polls    *polls
	polled   chan struct{} // closed once the used segments have been read for the first time
	census   *census
	queues   *loadQueues
	duties   *historicalDuties
	indexing *indexingDuties
}

// lead is one term: it returns once everything that belongs to leading has been given up.
func (c *coordinator) lead(ctx context.Context, term int) error {
	c.Log.Info("leading", "term", term)
	defer c.Log.Info("no longer leading", "term", term)
	work, stop := context.WithCancel(ctx)
	defer stop()
	l, err := c.newLeadership(work)
	if err != nil {
		return err
	}
	if err := c.Store.EnsureDefaultRules(ctx); err != nil {
		return err
	}
	c.leading.Store(l)
	defer c.leading.Store(nil)
	end := func() { stop(); l.loop.End(); l.census.end() }
	defer end()
	withdraw, err := discovery.AnnounceService(ctx, c.zc, c.Paths, c.Self, c.Self.Service, c.Clock.Now())
	if err != nil {
		return fmt.Errorf("announce service: %w", err)
	}
	l.run()
	end()
	bye, cancel := loop.Goodbye(ctx, loop.GoodbyeEntry)
	defer cancel()
	if err := withdraw(bye); err != nil {
		c.Log.Warn("service entry stays until the session ends", "error", err)
	}
	return nil
}

func (c *coordinator) newLeadership(work context.Context) (*leadership, error) {
	strategy, err := balance.NewStrategy(c.settings.strategy, rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64())))
	if err != nil {
		return nil, err
	}
	now, lp, catalog := c.Clock.Steady(), loop.NewBy(c.Clock, "the leadership"), plan.NewCatalog()
	p := newPolls(c.Store, c.Log, c.defaultRule, catalog)
	all := &census{view: c.view, changes: &c.changes, catalog: catalog}
	q := &loadQueues{
		loop: lp, log: c.Log, catalog: catalog, peons: map[string]*loadQueuePeon{}, drops: askedDrops{}, session: c.sessionTimeout, timeout: c.loadTimeout,
		requests: &requests{zc: c.zc, paths: c.Paths, view: c.view, timeout: c.loadTimeout, clock: c.Clock, museum: c.Museum},
	}
	return &leadership{
		coordinator: c, since: now, work: work, loop: lp, polls: p, polled: make(chan struct{}), census: all, queues: q,
		duties:   newHistoricalDuties(c, now, strategy, p, all, q),
		indexing: &indexingDuties{store: c.Store.Segments, log: c.Log, overlord: c.overlord, loop: lp, kill: c.kill, cleanPending: c.cleanPending},
	}, nil
}

// chore is something that the loop does again and again, with a pause after each time.
type chore struct {
	due   time.Time
	every time.Duration
	run   func(context.Context)
}

// chores begin with the polls, whose results the duties need. The first poll of the segments is over by then.
func (l *leadership) chores() []chore {
	duties := l.since.Add(l.startDelay)
	return []chore{
		{l.Clock.Steady().Add(l.segmentsPoll), l.segmentsPoll, l.polls.segments},
		{l.since, l.rulesPoll, l.polls.rules},
		{l.since, l.configPoll, l.polls.config},
		{duties, l.period, l.duties.run},
		{duties, l.indexingPeriod, func(ctx context.Context) { l.indexing.start(ctx, l.polls.last) }},
	}
}

// firstPoll reads the used segments beside the loop, since that takes seconds when there are very many. Everything that
// needs them waits for it. It returns false if the term has ended first.
func (l *leadership) firstPoll() bool {
	over := l.Museum.Has(museum.DropsBeforeItHasPolled)
	if !over {
		apart(l.loop, l.work, func(ctx context.Context) func() {
			rest := l.polls.read(ctx)
			return func() { rest(); over = true }
		})
	}
	for !over {
		select {
		case <-l.work.Done():
			return false
		case f := <-l.loop.Calls():
			f()
		}
	}
	close(l.polled)
	return true
}

// run polls the segments, and then does the chores and what it is asked for until the term ends.
func (l *leadership) run() {
	if !l.firstPoll() {
		return
	}
	chores := l.chores()
	timer := l.Clock.NewTimer(0)
	defer timer.Stop()
	for {
		timer.Reset(runDue(l.work, l.Clock, chores).Sub(l.Clock.Steady()))
		select {
		case <-l.work.Done():
			return
		case f := <-l.loop.Calls():
			f()
		case <-timer.C:
		}
	}
}

// runDue runs what is due and returns when the next chore will be.
func runDue(ctx context.Context, by *clock.Clock, chores []chore) time.Time {
	var next time.Time
	for i := range chores {
		c := &chores[i]
		if !c.due.After(by.Steady()) && ctx.Err() == nil {
			c.run(ctx)
			c.due = by.Steady().Add(c.every)
		}
		if next.IsZero() || c.due.Before(next) {
			next = c.due
		}
	}
	return next
}

// apart runs f beside the loop, and what f returns in the loop unless ctx has ended by then.
func apart(l *loop.Loop, ctx context.Context, f func(context.Context) (rest func())) {
	l.Async(func() func() {
		rest := f(ctx)
		return func() {
			if ctx.Err() == nil {
				rest()
			}
		}
	})
}
