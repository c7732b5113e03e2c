package plan

import (
	"fmt"

	"oakmoot/internal/druid"
	"oakmoot/internal/roles/coordinator/balance"
)

// runBroadcastRule loads a segment onto every server, or onto every server that serves one of the listed datasources;
// other servers drop it: BroadcastDistributionRule. It does not ask whether the segment is served already, so every
// run requests it again. Unlike in Druid, the others keep it until the servers it is meant for have it.
func (r *Run) runBroadcastRule(colocated []string, segment *druid.DataSegment) {
	var others []*balance.Server
	meant, there, coming := 0, 0, 0
	for _, s := range r.Cluster.servers() {
		switch {
		case len(colocated) == 0:
			r.broadcastTo(s, segment)
		case s.Decommissioning:
		case s.ServesAny(colocated):
			meant++
			if s.Safe(segment.ID()) {
				there++
			} else if s.Loads(segment.ID()) || segment.Size <= s.Available() {
				coming++
			}
			r.broadcastTo(s, segment)
		case s.Safe(segment.ID()):
			others = append(others, s)
		}
	}
	if meant > 0 && (there == 0 || coming > 0) {
		return
	}
	for _, s := range others {
		r.drop(s, segment)
	}
}

func (r *Run) broadcastTo(s *balance.Server, segment *druid.DataSegment) {
	switch {
	case s.Loads(segment.ID()):
	case segment.Size > s.Available():
		r.warn(fmt.Sprintf("%s has no room for broadcast segment %s", s.Meta.Name, segment.ID()))
	default:
		r.load(s, segment, false)
	}
}
