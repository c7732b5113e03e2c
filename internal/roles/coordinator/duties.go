package coordinator

import (
	"context"
	"maps"
	"slices"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/roles/coordinator/balance"
	"oakmoot/internal/roles/coordinator/plan"
	"oakmoot/internal/run/museum"
)

// dutiesOfRun are the steps of a run, in Druid's order. Reading the used segments and building the cluster come
// before them, carrying out the decisions after.
var dutiesOfRun = []struct {
	name string
	run  func(*plan.Run)
}{
	{"DruidCoordinatorRuleRunner", (*plan.Run).RunRules},
	{"DruidCoordinatorCleanupUnneeded", (*plan.Run).CleanupUnneeded},
	{"DruidCoordinatorCleanupOvershadowed", (*plan.Run).CleanupOvershadowed},
	{"DruidCoordinatorBalancer", (*plan.Run).Balance},
}

// historicalDuties are the runs of historical management: Druid's CoordinatorHistoricalManagerRunnable. The loop owns
// them.
type historicalDuties struct {
	*coordinator
	since    time.Time // when the term began
	began    time.Time // what the clock showed then: DruidCoordinatorRuntimeParams.startTime
	strategy balance.Strategy
	throttle *plan.Throttle
	moves    *plan.Moves
	polls    *polls
	census   *census
	queues   *loadQueues
	earlier  map[druid.SegmentID]bool // announced when the term began; nil before the first run
	warned   map[string]bool          // by the run before
}

func newHistoricalDuties(of *coordinator, since time.Time, strategy balance.Strategy, p *polls, c *census, q *loadQueues) *historicalDuties {
	return &historicalDuties{
		coordinator: of, since: since, began: of.Clock.Now(), strategy: strategy, throttle: plan.NewThrottle(), moves: plan.NewMoves(),
		polls: p, census: c, queues: q,
	}
}

// run is one run of historical management. It waits for a complete view of the servers; Druid leaves that to its long
// start delay.
func (d *historicalDuties) run(ctx context.Context) {
	select {
	case <-d.seen:
	default:
		if !d.Museum.Has(museum.ActsOnUnreadInventory) {
			return
		}
	}
	last := d.polls.last
	d.census.update()
	servers := d.census.targets()
	d.queues.attend(ctx, servers, last.config.DecommissioningNodes)
	inherited := d.inherited(servers)
	run := plan.Begin(plan.Input{
		Now: druid.At(d.Clock.Now()), Catalog: d.census.catalog, Rules: last.rules, Config: last.config,
		Cluster: plan.NewCluster(servers), Strategy: d.strategy, Throttle: d.throttle, Moves: d.moves,
		MayMark: d.Clock.Since(d.began) > time.Duration(last.config.MillisToWaitBeforeDeleting)*time.Millisecond, Inherited: inherited,
		DropsUnread: d.Museum.Has(museum.DropsBeforeItHasPolled),
	})
	d.counted.Store(d.census.catalog)
	for _, duty := range dutiesOfRun {
		duty.run(run)
	}
	d.warn(run.Warnings)
	d.carryOut(ctx, run.Actions)
}

// inherited are the segments for which an earlier leader may have requested drops that the view does not show. Within
// a session timeout from the beginning of the term each such drop has either taken effect in ZooKeeper, or its
// server's session has ended and taken all its announcements with it.
func (d *historicalDuties) inherited(servers []*balance.Server) map[druid.SegmentID]bool {
	if d.Clock.Steady().Sub(d.since) > d.sessionTimeout {
		d.earlier = nil
		return nil
	}
	if d.earlier == nil {
		d.earlier = map[druid.SegmentID]bool{}
		for _, s := range servers {
			for _, segment := range s.Segments() {
				d.earlier[segment.ID()] = true
			}
		}
	}
	return d.earlier
}

// warn logs what the previous run did not already warn about.
func (d *historicalDuties) warn(warnings []string) {
	now := make(map[string]bool, len(warnings))
	for _, warning := range warnings {
		if !d.warned[warning] {
			d.Log.Warn(warning)
		}
		now[warning] = true
	}
	d.warned = now
}

// carryOut queues what was decided and then sets the peons to work, so that a run's requests go out in the queue's
// order.
func (d *historicalDuties) carryOut(ctx context.Context, actions []plan.Action) {
	unused := map[druid.SegmentID]bool{}
	decided := map[plan.Kind]int{}
	for _, a := range actions {
		decided[a.Kind]++
		switch a.Kind {
		case plan.Load:
			d.queues.peons[a.Server].load(a.Segment, d.whenLoaded(a))
		case plan.Drop:
			d.queues.peons[a.Server].drop(a.Segment, nil)
		case plan.Move:
			d.move(a)
		case plan.MarkUnused:
			unused[a.Segment.ID()] = true
		}
	}
	if len(actions) > 0 {
		d.Log.Debug("run decided", "loads", decided[plan.Load], "drops", decided[plan.Drop], "moves", decided[plan.Move], "unused", decided[plan.MarkUnused])
	}
	d.markUnused(ctx, unused)
	d.queues.workAll(ctx)
}

// move queues a move if its segment is still used.
func (d *historicalDuties) move(a plan.Action) {
	ended := func() { d.moves.Done(a.Tier, a.Segment.ID()) }
	segment := d.census.catalog.Used(a.Segment.ID())
	if segment == nil {
		d.queues.peons[a.From].show(a.Segment)
		d.queues.peons[a.Server].show(a.Segment)
		ended()
		return
	}
	d.queues.move(a, segment, ended)
}

// whenLoaded takes a replica out of the throttle when its request ends.
func (d *historicalDuties) whenLoaded(a plan.Action) callback {
	if !a.Replica {
		return nil
	}
	return func(context.Context) { d.throttle.Done(a.Tier, a.Segment.ID()) }
}

func (d *historicalDuties) markUnused(ctx context.Context, unused map[druid.SegmentID]bool) {
	if len(unused) == 0 {
		return
	}
	ids := slices.SortedFunc(maps.Keys(unused), druid.SegmentID.Compare)
	if _, err := d.Store.MarkUnused(ctx, ids...); err != nil {
		d.Log.Warn("segments not marked unused", "error", err)
		return
	}
	d.polls.forget(func(s *druid.DataSegment) bool { return unused[s.ID()] })
}
