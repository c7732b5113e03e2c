package plan

import "oakmoot/internal/druid"

// Replicants counts the copies of segments by tier: SegmentReplicantLookup. The
// zero value knows of none.
type Replicants struct {
	loaded  map[druid.SegmentID]map[string]int
	loading map[druid.SegmentID]map[string]int
}

// CountReplicants counts what the servers serve and what is queued to be loaded.
func CountReplicants(c *Cluster) Replicants {
	r := Replicants{loaded: map[druid.SegmentID]map[string]int{}, loading: map[druid.SegmentID]map[string]int{}}
	for _, s := range c.servers() {
		for _, segment := range s.Segments() {
			count(r.loaded, segment.ID(), s.Meta.Tier)
		}
		for id := range s.Loading() {
			count(r.loading, id, s.Meta.Tier)
		}
	}
	return r
}

func count(in map[druid.SegmentID]map[string]int, id druid.SegmentID, tier string) {
	if in[id] == nil {
		in[id] = map[string]int{}
	}
	in[id][tier]++
}

// Counted tells whether anything has been counted, if only nothing.
func (r Replicants) Counted() bool { return r.loaded != nil }

// Loaded is how many servers of a tier serve the segment.
func (r Replicants) Loaded(id druid.SegmentID, tier string) int { return r.loaded[id][tier] }

// Anywhere tells whether any server serves the segment.
func (r Replicants) Anywhere(id druid.SegmentID) bool { return len(r.loaded[id]) > 0 }

func (r Replicants) known(id druid.SegmentID) bool {
	return len(r.loaded[id]) > 0 || len(r.loading[id]) > 0
}

func (r Replicants) total(id druid.SegmentID, tier string) int {
	return r.loaded[id][tier] + r.loading[id][tier]
}
