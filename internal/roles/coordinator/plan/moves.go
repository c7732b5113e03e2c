package plan

import (
	"fmt"
	"math"

	"oakmoot/internal/druid"
	"oakmoot/internal/roles/coordinator/balance"
)

// moveLifetime is how many runs a move may take before there is a warning.
const moveLifetime = 15

// Moves are the moves under way, by tier. They live as long as a leadership.
type Moves struct {
	tiers map[string]map[druid.SegmentID]int // runs left
}

// NewMoves returns Moves with none under way.
func NewMoves() *Moves { return &Moves{tiers: map[string]map[druid.SegmentID]int{}} }

func (m *Moves) begin(tier string, id druid.SegmentID) {
	if m.tiers[tier] == nil {
		m.tiers[tier] = map[druid.SegmentID]int{}
	}
	m.tiers[tier][id] = moveLifetime
}

// Done records that a move has ended.
func (m *Moves) Done(tier string, id druid.SegmentID) { delete(m.tiers[tier], id) }

// age counts a run against a tier's moves and reports whether there are any.
func (m *Moves) age(tier string, warn func(string)) bool {
	for id := range m.tiers[tier] {
		if m.tiers[tier][id]--; m.tiers[tier][id] <= 0 {
			warn(fmt.Sprintf("tier %s: the move of %s is stuck", tier, id))
		}
	}
	return len(m.tiers[tier]) > 0
}

// Balance moves segments to better places, tier by tier: DruidCoordinatorBalancer.
func (r *Run) Balance() {
	for _, tier := range r.Cluster.names {
		r.balanceTier(tier)
	}
}

func (r *Run) balanceTier(tier string) {
	if len(r.Catalog.inOrder()) == 0 || r.Moves.age(tier, r.warn) {
		return
	}
	var leaving, active []*balance.Server
	served := 0
	for _, s := range r.Cluster.tiers[tier] {
		served += s.Served()
		if s.Decommissioning {
			leaving = append(leaving, s)
		} else {
			active = append(active, s)
		}
	}
	if len(active) == 0 || len(leaving) == 0 && len(active) == 1 || served == 0 {
		return
	}
	budget := min(r.Config.MaxSegmentsToMove, served)
	share := float64(r.Config.DecommissioningMaxPercentOfMaxSegmentsToMove) / 100
	moved := r.moveSome(leaving, active, int(math.Ceil(float64(budget)*share)))
	r.moveSome(active, active, budget-moved)
}

// moveSome considers up to budget segments of the sources, in at most twice as many tries, and returns how many it
// moved.
func (r *Run) moveSome(sources, targets []*balance.Server, budget int) int {
	moved, considered := 0, 0
	for try := 0; considered < budget && try <= 2*budget; try++ {
		from, segment, ok := r.Strategy.ToMove(sources)
		if !ok {
			break
		}
		if r.Catalog.Used(segment.ID()) == nil {
			continue
		}
		considered++
		to := r.Strategy.Balanced(segment, r.moveTargets(from, targets, segment.ID()))
		if to != nil && to != from && r.move(from, to, segment) {
			moved++
		}
	}
	return moved
}

// moveTargets are the source itself and the servers that could take the segment.
func (r *Run) moveTargets(from *balance.Server, targets []*balance.Server, id druid.SegmentID) []*balance.Server {
	var all []*balance.Server
	for _, s := range targets {
		if s == from || !s.Serves(id) && r.queueOpen(s) {
			all = append(all, s)
		}
	}
	return all
}

func (r *Run) move(from, to *balance.Server, segment *druid.DataSegment) bool {
	id := segment.ID()
	if to.Loads(id) || to.Serves(id) || to.Available() <= segment.Size {
		return false
	}
	r.Moves.begin(to.Meta.Tier, id)
	from.Mark(segment)
	r.Catalog.Load(to, segment)
	r.Actions = append(r.Actions, Action{
		Kind: Move, From: from.Meta.Name, Server: to.Meta.Name, Tier: to.Meta.Tier, Segment: segment,
	})
	return true
}
