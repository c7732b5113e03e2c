package plan

import (
	"slices"

	"oakmoot/internal/druid"
	"oakmoot/internal/roles/coordinator/balance"
)

// loading are the servers that are to load each segment. Druid counts them as a run begins; for a rule that comes to the
// same, as it decides about a segment once, and asks about a tier before it decides there.
type loading map[druid.SegmentID][]*balance.Server

func (l loading) add(s *balance.Server, id druid.SegmentID) { l[id] = append(l[id], s) }

func (l loading) remove(s *balance.Server, id druid.SegmentID) {
	l[id] = slices.DeleteFunc(l[id], func(one *balance.Server) bool { return one == s })
	if len(l[id]) == 0 {
		delete(l, id)
	}
}

// Load records that a server is to load a segment.
func (c *Catalog) Load(s *balance.Server, segment *druid.DataSegment) {
	if !s.Loads(segment.ID()) {
		c.loading.add(s, segment.ID())
	}
	s.Load(segment)
}

// Unload records that it is not to load a segment any more.
func (c *Catalog) Unload(s *balance.Server, id druid.SegmentID) {
	if s.Loads(id) {
		c.loading.remove(s, id)
	}
	s.Unload(id)
}

// Idle records that a server has no queue any more.
func (c *Catalog) Idle(s *balance.Server) {
	for id := range s.Loading() {
		c.loading.remove(s, id)
	}
	s.Idle()
}

// known reports whether there is any copy, served or on its way.
func (l loading) known(of *record) bool { return len(of.servers) > 0 || len(l[of.id]) > 0 }

// total is how many copies a tier has or is getting. Druid also counts those that are about to be dropped
// (SegmentReplicantLookup.getTotalReplicants), and leaves a gap if more are wanted in the meantime.
func (l loading) total(of *record, tier string) int {
	n := count(of, tier, func(s *balance.Server) bool { return !s.Drops(of.id) })
	for _, s := range l[of.id] {
		if s.Meta.Tier == tier {
			n++
		}
	}
	return n
}

// safe is how many copies of a tier will stay, whatever is under way.
func safe(of *record, tier string) int {
	return count(of, tier, func(s *balance.Server) bool { return !s.Leaves(of.id) })
}

// safeAnywhere is how many copies will stay in all tiers together.
func safeAnywhere(of *record) int {
	n := 0
	for _, s := range of.servers {
		if !s.Leaves(of.id) {
			n++
		}
	}
	return n
}

// count is how many servers of a tier serve a segment and are as asked.
func count(of *record, tier string, as func(*balance.Server) bool) int {
	n := 0
	for _, s := range of.servers {
		if s.Meta.Tier == tier && as(s) {
			n++
		}
	}
	return n
}

// Loaded is how many servers of a tier serve the segment.
func (c *Catalog) Loaded(id druid.SegmentID, tier string) int {
	r := c.records[id]
	if r == nil {
		return 0
	}
	return count(r, tier, func(*balance.Server) bool { return true })
}

// Anywhere reports whether any server serves the segment.
func (c *Catalog) Anywhere(id druid.SegmentID) bool {
	r := c.records[id]
	return r != nil && len(r.servers) > 0
}
