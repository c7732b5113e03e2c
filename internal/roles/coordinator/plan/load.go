package plan

import (
	"fmt"
	"slices"

	"oakmoot/internal/druid"
	"oakmoot/internal/roles/coordinator/balance"
)

// runLoadRule assigns missing copies and drops surplus ones: LoadRule.
func (r *Run) runLoadRule(targets *targets, of *record) {
	if !r.settled(targets, of) {
		r.fulfil(targets, of)
	}
}

func (r *Run) fulfil(targets *targets, of *record) {
	if r.Catalog.loading.known(of) {
		r.assignReplicas(targets, of, nil)
	} else if primary := r.assignPrimary(targets, of.used); primary != nil {
		tier := primary.Meta.Tier
		r.assignTier(tier, targets.of[tier]-1, of.used, primary)
		r.assignReplicas(targets, of, primary)
	}
	r.dropSurplus(targets, of)
}

// settled reports, without looking any further, that nothing is to be done about a segment: every tier has just as
// many copies as it should, and none is on its way in or out.
func (r *Run) settled(targets *targets, of *record) bool {
	if len(of.servers) != targets.total || len(r.Catalog.loading[of.id]) > 0 {
		return false
	}
	for i, tier := range targets.tiers {
		copies := 0
		for _, s := range of.servers {
			if i == 0 && s.Leaves(of.id) {
				return false
			}
			if s.Meta.Tier == tier {
				copies++
			}
		}
		if copies != targets.of[tier] {
			return false
		}
	}
	return true
}

// assignPrimary loads the first copy, which is never throttled, where the server has the highest priority of all
// tiers.
func (r *Run) assignPrimary(targets *targets, segment *druid.DataSegment) *balance.Server {
	var primary *balance.Server
	for _, tier := range targets.tiers {
		if targets.of[tier] <= 0 {
			continue
		}
		candidate := r.Strategy.Replica(segment, r.candidates(tier, nil))
		if candidate == nil {
			r.warn(fmt.Sprintf("no server of tier %s can take the first copy of %s", tier, segment.ID()))
			continue
		}
		if primary == nil || candidate.Meta.Priority > primary.Meta.Priority {
			primary = candidate
		}
	}
	if primary != nil {
		r.load(primary, segment, false)
	}
	return primary
}

// assignReplicas fills every tier except that of a primary just assigned.
func (r *Run) assignReplicas(targets *targets, of *record, primary *balance.Server) {
	for _, tier := range targets.tiers {
		if primary == nil || tier != primary.Meta.Tier {
			r.assignTier(tier, targets.of[tier]-r.Catalog.loading.total(of, tier), of.used, nil)
		}
	}
}

// assignTier loads missing replicas onto a tier, as far as the throttle allows.
func (r *Run) assignTier(tier string, missing int, segment *druid.DataSegment, except *balance.Server) {
	if missing <= 0 || plantedOneReplica || !r.Throttle.MayCreate(tier) {
		return
	}
	candidates := r.candidates(tier, except)
	for range missing {
		if len(candidates) == 0 || !r.Throttle.MayCreate(tier) {
			return
		}
		s := r.Strategy.Replica(segment, candidates)
		if s == nil {
			return
		}
		candidates = slices.DeleteFunc(candidates, func(c *balance.Server) bool { return c == s })
		r.Throttle.Created(tier, segment.ID())
		r.load(s, segment, true)
	}
}

// candidates are the active servers of a tier whose load queues are not full. The list is the caller's.
func (r *Run) candidates(tier string, except *balance.Server) []*balance.Server {
	open, known := r.open[tier]
	if !known {
		open = slices.DeleteFunc(slices.Clone(r.Cluster.tiers[tier]), func(s *balance.Server) bool { return s.Decommissioning })
	}
	open = slices.DeleteFunc(open, func(s *balance.Server) bool { return !r.queueOpen(s) }) // a queue only fills up during a run
	r.open[tier] = open
	return slices.DeleteFunc(slices.Clone(open), func(s *balance.Server) bool { return s == except })
}

func (r *Run) queueOpen(s *balance.Server) bool {
	limit := r.Config.MaxSegmentsInNodeLoadingQueue
	return limit <= 0 || s.Queued() < limit
}

// dropSurplus drops copies beyond the targets, and none while any tier that has servers still lacks one. Only safe
// copies count: one that is being dropped or moved away may be gone at any moment, which Druid's LoadRule.drop
// overlooks if a drop takes longer than a period. The last safe copy of a segment that is wanted anywhere is kept,
// even if the tier that wants it has no servers.
func (r *Run) dropSurplus(targets *targets, of *record) {
	if len(of.servers) == 0 || r.Inherited[of.id] {
		return
	}
	for _, tier := range targets.tiers {
		if r.Cluster.tiers[tier] != nil && safe(of, tier) < targets.of[tier] {
			return
		}
	}
	spare := safeAnywhere(of) - min(targets.total, 1)
	for _, tier := range r.Cluster.names {
		surplus := min(spare, safe(of, tier)-targets.of[tier])
		r.dropFromTier(tier, surplus, of)
		spare -= max(surplus, 0)
	}
}

// dropFromTier drops from decommissioning servers first.
func (r *Run) dropFromTier(tier string, surplus int, of *record) {
	if surplus <= 0 {
		return
	}
	var leaving, active []*balance.Server
	for _, s := range r.Cluster.tiers[tier] {
		switch {
		case !s.Safe(of.id):
		case s.Decommissioning:
			leaving = append(leaving, s)
		default:
			active = append(active, s)
		}
	}
	order := slices.Concat(r.Strategy.ToDrop(of.used, leaving), r.Strategy.ToDrop(of.used, active))
	for _, s := range order[:min(surplus, len(order))] {
		r.drop(s, of.used)
	}
}
