package plan

import (
	"fmt"
	"maps"
	"slices"

	"oakmoot/internal/druid"
	"oakmoot/internal/roles/coordinator/balance"
)

// runLoadRule assigns missing copies and drops surplus ones: LoadRule.
func (r *Run) runLoadRule(targets map[string]int, segment druid.DataSegment) {
	tiers := slices.Sorted(maps.Keys(targets))
	if r.Replicants.known(segment.ID()) {
		r.assignReplicas(tiers, targets, segment, nil)
	} else if primary := r.assignPrimary(tiers, targets, segment); primary != nil {
		tier := primary.Meta.Tier
		r.assignTier(tier, targets[tier]-1, segment, primary)
		r.assignReplicas(tiers, targets, segment, primary)
	}
	r.dropSurplus(targets, segment)
}

// assignPrimary loads the first copy, which is never throttled, where the server has the highest priority of all
// tiers.
func (r *Run) assignPrimary(tiers []string, targets map[string]int, segment druid.DataSegment) *balance.Server {
	var primary *balance.Server
	for _, tier := range tiers {
		if targets[tier] <= 0 {
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
func (r *Run) assignReplicas(tiers []string, targets map[string]int, segment druid.DataSegment, primary *balance.Server) {
	for _, tier := range tiers {
		if primary == nil || tier != primary.Meta.Tier {
			r.assignTier(tier, targets[tier]-r.Replicants.total(segment.ID(), tier), segment, nil)
		}
	}
}

// assignTier loads missing replicas onto a tier, as far as the throttle allows.
func (r *Run) assignTier(tier string, missing int, segment druid.DataSegment, except *balance.Server) {
	if missing <= 0 || plantedOneReplica {
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

// candidates are the active servers of a tier whose load queues are not full.
func (r *Run) candidates(tier string, except *balance.Server) []*balance.Server {
	var all []*balance.Server
	for _, s := range r.Cluster.tiers[tier] {
		if s != except && !s.Decommissioning && r.queueOpen(s) {
			all = append(all, s)
		}
	}
	return all
}

func (r *Run) queueOpen(s *balance.Server) bool {
	limit := r.Config.MaxSegmentsInNodeLoadingQueue
	return limit <= 0 || s.Queued() < limit
}

// dropSurplus drops copies beyond the targets, and none while any tier that has servers still lacks one. Only safe
// copies count: one that is being dropped or moved away may be gone at any moment, which Druid's LoadRule.drop
// overlooks if a drop takes longer than a period. The last safe copy of a segment that is wanted anywhere is kept,
// even if the tier that wants it has no servers.
func (r *Run) dropSurplus(targets map[string]int, segment druid.DataSegment) {
	id := segment.ID()
	if r.Inherited[id] {
		return
	}
	wanted := 0
	for tier, target := range targets {
		wanted += target
		if r.Cluster.tiers[tier] != nil && r.Replicants.safe(id, tier) < target {
			return
		}
	}
	spare := r.Replicants.safeAnywhere(id) - min(wanted, 1)
	for _, tier := range r.Cluster.names {
		surplus := min(spare, r.Replicants.safe(id, tier)-targets[tier])
		r.dropFromTier(tier, surplus, segment)
		spare -= max(surplus, 0)
	}
}

// dropFromTier drops from decommissioning servers first.
func (r *Run) dropFromTier(tier string, surplus int, segment druid.DataSegment) {
	if surplus <= 0 {
		return
	}
	var leaving, active []*balance.Server
	for _, s := range r.Cluster.tiers[tier] {
		switch {
		case !s.Safe(segment.ID()):
		case s.Decommissioning:
			leaving = append(leaving, s)
		default:
			active = append(active, s)
		}
	}
	order := slices.Concat(r.Strategy.ToDrop(segment, leaving), r.Strategy.ToDrop(segment, active))
	for _, s := range order[:min(surplus, len(order))] {
		r.drop(s, segment)
	}
}
