package plan

import (
	"oakmoot/internal/druid"
	"oakmoot/internal/roles/coordinator/balance"
)

// Replicants counts the copies of segments by tier: SegmentReplicantLookup. The zero value has none.
type Replicants struct {
	tiers map[druid.SegmentID]map[string]copies
}

// copies are those of one segment in one tier.
type copies struct {
	loaded  int // announced
	leaving int // announced, but a drop has been requested
	safe    int // announced, and neither to be dropped nor being moved
	loading int
}

// CountReplicants counts what the servers serve and what is queued to be loaded.
func CountReplicants(c *Cluster) Replicants {
	r := Replicants{tiers: map[druid.SegmentID]map[string]copies{}}
	for _, s := range c.servers() {
		for _, segment := range s.Segments() {
			r.add(segment.ID(), s.Meta.Tier, copyOn(s, segment.ID()))
		}
		for id := range s.Loading() {
			r.add(id, s.Meta.Tier, copies{loading: 1})
		}
	}
	return r
}

// copyOn counts one copy that a server announces.
func copyOn(s *balance.Server, id druid.SegmentID) copies {
	switch {
	case s.Drops(id):
		return copies{loaded: 1, leaving: 1}
	case s.Safe(id):
		return copies{loaded: 1, safe: 1}
	}
	return copies{loaded: 1}
}

func (r Replicants) add(id druid.SegmentID, tier string, more copies) {
	if r.tiers[id] == nil {
		r.tiers[id] = map[string]copies{}
	}
	n := r.tiers[id][tier]
	n.loaded += more.loaded
	n.leaving += more.leaving
	n.safe += more.safe
	n.loading += more.loading
	r.tiers[id][tier] = n
}

// Loaded is how many servers of a tier serve the segment.
func (r Replicants) Loaded(id druid.SegmentID, tier string) int { return r.tiers[id][tier].loaded }

// Anywhere reports whether any server serves the segment.
func (r Replicants) Anywhere(id druid.SegmentID) bool {
	for _, n := range r.tiers[id] {
		if n.loaded > 0 {
			return true
		}
	}
	return false
}

// known reports whether there is any copy, served or on its way.
func (r Replicants) known(id druid.SegmentID) bool { return len(r.tiers[id]) > 0 }

// total is how many copies a tier has or is getting. Druid also counts those that are about to be dropped
// (SegmentReplicantLookup.getTotalReplicants), and leaves a gap if more are wanted in the meantime.
func (r Replicants) total(id druid.SegmentID, tier string) int {
	n := r.tiers[id][tier]
	return n.loaded - n.leaving + n.loading
}

// safe is how many copies of a tier will stay, whatever is under way.
func (r Replicants) safe(id druid.SegmentID, tier string) int { return r.tiers[id][tier].safe }

// safeAnywhere is how many copies will stay in all tiers together.
func (r Replicants) safeAnywhere(id druid.SegmentID) int {
	total := 0
	for _, n := range r.tiers[id] {
		total += n.safe
	}
	return total
}
