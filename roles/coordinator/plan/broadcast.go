package plan

import (
	"fmt"
	"slices"

	"oakmoot/internal/druid"
	"oakmoot/roles/coordinator/balance"
)

// runBroadcastRule loads a segment onto every server, or onto every server that
// serves one of the listed datasources; others that serve it drop it:
// BroadcastDistributionRule. Whether it is served already is not asked, so it is
// requested again in every run.
func (r *Run) runBroadcastRule(colocated []string, segment druid.DataSegment) {
	for _, s := range r.Cluster.servers() {
		switch {
		case len(colocated) == 0:
			r.broadcastTo(s, segment)
		case s.Decommissioning:
		case servesAny(s, colocated):
			r.broadcastTo(s, segment)
		case s.Serves(segment.ID()) && !s.Drops(segment.ID()):
			r.drop(s, segment)
		}
	}
}

func (r *Run) broadcastTo(s *balance.Server, segment druid.DataSegment) {
	switch {
	case s.Loads(segment.ID()):
	case segment.Size > s.Available():
		r.warn(fmt.Sprintf("%s has no room for broadcast segment %s", s.Meta.Name, segment.ID()))
	default:
		r.load(s, segment, false)
	}
}

func servesAny(s *balance.Server, dataSources []string) bool {
	return slices.ContainsFunc(s.Segments(), func(served druid.DataSegment) bool {
		return slices.Contains(dataSources, served.DataSource)
	})
}
