package plan

import "oakmoot/internal/druid"

// CleanupUnneeded drops segments that are served but not used: DruidCoordinatorCleanupUnneeded. If nothing at all is
// used it drops nothing, since the used segments may simply not have been read yet.
func (r *Run) CleanupUnneeded() {
	if len(r.Used) == 0 && !r.DropsUnread {
		return
	}
	for _, s := range r.Cluster.servers() {
		for _, segment := range s.Segments() {
			if !r.used[segment.ID()] && !s.Drops(segment.ID()) {
				r.drop(s, segment)
			}
		}
	}
}

// CleanupOvershadowed marks unused the segments that served ones overshadow completely:
// DruidCoordinatorCleanupOvershadowed.
func (r *Run) CleanupOvershadowed() {
	if !r.MayMark {
		return
	}
	var served []druid.DataSegment
	for _, s := range r.Cluster.servers() {
		served = append(served, s.Segments()...)
	}
	hidden := overshadowed(served)
	for _, segment := range r.Used {
		if hidden[segment.ID()] {
			r.markUnused(segment)
		}
	}
}
