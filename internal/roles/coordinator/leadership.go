package coordinator

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/roles/coordinator/balance"
	"oakmoot/internal/roles/coordinator/plan"
	"oakmoot/internal/zk/discovery"
)

// leadership is everything that lives for one term: it starts from nothing and is
// thrown away, as DruidCoordinator.stopBeingLeader does. Only its loop touches the
// fields below calls.
type leadership struct {
	*coordinator
	since time.Time
	calls chan func(context.Context) // what the loop is asked to run
	ended chan struct{}              // closed when the loop runs no more of them
	tasks sync.WaitGroup             // helpers

	strategy balance.Strategy
	throttle *plan.Throttle
	moves    *plan.Moves
	snapshot snapshot
	peons    map[string]*peon // by the servers' names
	drops    askedDrops
	earlier  map[druid.SegmentID]bool // announced when the term began; nil before the first run
	warned   []string                 // by the run before
	killedAt time.Time
	busy     bool // the indexing duties are under way
}

// snapshot is what was last read from the metadata store. Its parts are replaced
// and never changed, so copies may leave the loop.
type snapshot struct {
	used   *usedSegments
	rules  plan.Rules
	config druid.DynamicConfig
}

// lead is one term: it returns once all that belongs to leading is given up.
func (c *coordinator) lead(ctx context.Context, term int) error {
	c.Log.Info("leading", "term", term)
	defer c.Log.Info("no longer leading", "term", term)
	strategy, err := balance.NewStrategy(c.settings.strategy, rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64())))
	if err != nil {
		return err
	}
	l := &leadership{
		coordinator: c, since: time.Now(), calls: make(chan func(context.Context)), ended: make(chan struct{}),
		strategy: strategy, throttle: plan.NewThrottle(), moves: plan.NewMoves(), peons: map[string]*peon{}, drops: askedDrops{},
		snapshot: snapshot{used: newUsedSegments(nil, nil), rules: plan.Rules{Default: c.defaultRule}, config: druid.DefaultDynamicConfig()},
	}
	if err := c.Store.EnsureDefaultRules(ctx); err != nil {
		return err
	}
	c.leading.Store(l)
	defer c.leading.Store(nil)
	withdraw, err := discovery.AnnounceService(ctx, c.zc, c.Paths, c.Self, c.Self.Service)
	if err != nil {
		return fmt.Errorf("announce service: %w", err)
	}
	l.loop(ctx)
	bye, cancel := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
	defer cancel()
	if err := withdraw(bye); err != nil {
		c.Log.Warn("service entry stays until the session ends", "error", err)
	}
	return nil
}

// chore is something that the loop does again and again, each time after a pause.
type chore struct {
	due   time.Time
	every time.Duration
	run   func(*leadership, context.Context)
}

// chores begin with the polls, whose results the duties need.
func (l *leadership) chores() []chore {
	duties := l.since.Add(l.startDelay)
	return []chore{
		{l.since, l.segmentsPoll, (*leadership).pollSegments},
		{l.since, l.rulesPoll, (*leadership).pollRules},
		{l.since, l.configPoll, (*leadership).pollConfig},
		{duties, l.period, (*leadership).runDuties},
		{duties, l.indexingPeriod, (*leadership).startIndexingDuties},
	}
}

// loop runs until ctx ends, and ends its helpers.
func (l *leadership) loop(ctx context.Context) {
	ctx, stop := context.WithCancel(ctx)
	defer l.tasks.Wait()
	defer close(l.ended)
	defer stop()
	chores := l.chores()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		timer.Reset(time.Until(l.runDue(ctx, chores)))
		select {
		case <-ctx.Done():
			return
		case f := <-l.calls:
			f(ctx)
		case <-timer.C:
		}
	}
}

// runDue runs what is due and tells when the next chore will be.
func (l *leadership) runDue(ctx context.Context, chores []chore) time.Time {
	var next time.Time
	for i := range chores {
		c := &chores[i]
		if !c.due.After(time.Now()) && ctx.Err() == nil {
			c.run(l, ctx)
			c.due = time.Now().Add(c.every)
		}
		if next.IsZero() || c.due.Before(next) {
			next = c.due
		}
	}
	return next
}

// ask runs f in the loop and waits for it; false when the leadership or ctx ends
// before.
func (l *leadership) ask(ctx context.Context, f func(context.Context)) bool {
	done := make(chan struct{})
	call := func(loop context.Context) {
		defer close(done)
		f(loop)
	}
	select {
	case l.calls <- call:
		<-done // the loop runs what it has taken
		return true
	case <-l.ended:
	case <-ctx.Done():
	}
	return false
}

// apart runs f outside of the loop and what it returns inside, unless the
// leadership ends first.
func (l *leadership) apart(ctx context.Context, f func(context.Context) func(context.Context)) {
	l.tasks.Go(func() {
		then := f(ctx)
		select {
		case l.calls <- then:
		case <-l.ended:
		}
	})
}
