package coordinator

import (
	"context"
	"slices"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/roles/coordinator/balance"
	"oakmoot/internal/roles/coordinator/plan"
	"oakmoot/internal/zk/inventory"
)

// duties are what a run does, in Druid's order. Reading the used segments and
// building the cluster come before, carrying the decisions out comes after.
var duties = []struct {
	name string
	run  func(*plan.Run)
}{
	{"DruidCoordinatorRuleRunner", (*plan.Run).RunRules},
	{"DruidCoordinatorCleanupUnneeded", (*plan.Run).CleanupUnneeded},
	{"DruidCoordinatorCleanupOvershadowed", (*plan.Run).CleanupOvershadowed},
	{"DruidCoordinatorBalancer", (*plan.Run).Balance},
}

// runDuties is one historical-management run. It waits for a whole view of the
// servers; Druid leaves that to its long start delay.
func (l *leadership) runDuties(ctx context.Context) {
	select {
	case <-l.seen:
	default:
		return
	}
	servers := l.attend(ctx, l.view.Snapshot())
	config := l.snapshot.config
	inherited := l.inherited(servers)
	run := plan.Begin(plan.Input{
		Now: druid.At(time.Now()), Used: l.snapshot.used.newest, Rules: l.snapshot.rules, Config: config,
		Cluster: plan.NewCluster(servers), Strategy: l.strategy, Throttle: l.throttle, Moves: l.moves,
		MayMark: time.Since(l.since) > time.Duration(config.MillisToWaitBeforeDeleting)*time.Millisecond, Inherited: inherited,
	})
	l.counted.Store(&run.Replicants)
	for _, duty := range duties {
		duty.run(run)
	}
	l.warn(run.Warnings)
	l.carryOut(ctx, run.Actions)
}

// inherited are the segments of which an earlier leader may have asked servers for
// drops that the view does not show. Within a session timeout from the beginning of
// the term each such drop has come into effect in ZooKeeper, or the session of its
// server has ended and with it all that it announces.
func (l *leadership) inherited(servers []*balance.Server) map[druid.SegmentID]bool {
	if time.Since(l.since) > l.sessionTimeout {
		l.earlier = nil
		return nil
	}
	if l.earlier == nil {
		l.earlier = map[druid.SegmentID]bool{}
		for _, s := range servers {
			for _, segment := range s.Segments() {
				l.earlier[segment.ID()] = true
			}
		}
	}
	return l.earlier
}

// warn logs what the previous run has not warned of already.
func (l *leadership) warn(warnings []string) {
	for _, warning := range warnings {
		if !slices.Contains(l.warned, warning) {
			l.Log.Warn(warning)
		}
	}
	l.warned = warnings
}

// attend gives every server that segments are replicated onto a peon, stops the
// peons of those that are gone, and draws the picture that the duties decide on.
func (l *leadership) attend(ctx context.Context, servers []inventory.Server) []*balance.Server {
	var all []*balance.Server
	present := map[string]bool{}
	for _, s := range servers {
		if !s.Meta.ReplicationTarget() {
			continue
		}
		present[s.Meta.Name] = true
		p := l.peons[s.Meta.Name]
		if p == nil {
			p = newPeon(s.Meta.Name)
			l.peons[s.Meta.Name] = p
		}
		server := balance.NewServer(s.Meta, s.Segments)
		server.Decommissioning = slices.Contains(l.snapshot.config.DecommissioningNodes, s.Meta.Host)
		p.picture(server)
		for _, id := range l.drops.picture(server, time.Now(), l.loadTimeout) {
			l.Log.Warn("still announced long after its drop", "server", p.server, "segment", id.String())
		}
		all = append(all, server)
	}
	for name, p := range l.peons {
		if !present[name] {
			delete(l.peons, name)
			p.stop(ctx)
			l.drops.vanished(name, time.Now())
		}
	}
	return all
}

// carryOut queues what was decided and then sets the peons to work, so that a run's
// requests go out in the queue's order.
func (l *leadership) carryOut(ctx context.Context, actions []plan.Action) {
	unused := map[druid.SegmentID]bool{}
	for _, a := range actions {
		switch a.Kind {
		case plan.Load:
			l.peons[a.Server].load(a.Segment, l.whenLoaded(a))
		case plan.Drop:
			l.peons[a.Server].drop(a.Segment, nil)
		case plan.Move:
			l.move(a)
		case plan.MarkUnused:
			unused[a.Segment.ID()] = true
		}
	}
	l.markUnused(ctx, unused)
	for _, p := range l.peons {
		l.work(ctx, p)
	}
}

// whenLoaded tells the throttle about the end of a replica's request.
func (l *leadership) whenLoaded(a plan.Action) callback {
	if !a.Replica {
		return nil
	}
	return func(context.Context) { l.throttle.Done(a.Tier, a.Segment.ID()) }
}

func (l *leadership) markUnused(ctx context.Context, unused map[druid.SegmentID]bool) {
	if len(unused) == 0 {
		return
	}
	ids := make([]druid.SegmentID, 0, len(unused))
	for id := range unused {
		ids = append(ids, id)
	}
	if _, err := l.Store.MarkUnused(ctx, ids...); err != nil {
		l.Log.Warn("segments not taken out of use", "error", err)
		return
	}
	l.snapshot.used = l.snapshot.used.without(func(s druid.DataSegment) bool { return unused[s.ID()] })
}
