package plan

import (
	"slices"

	"oakmoot/internal/druid"
	"oakmoot/internal/roles/coordinator/balance"
)

// CleanupUnneeded drops segments that are served but not used: DruidCoordinatorCleanupUnneeded. If nothing at all is
// used it drops nothing, since the used segments may simply not have been read yet.
func (r *Run) CleanupUnneeded() {
	if len(r.Catalog.inOrder()) == 0 && !r.DropsUnread {
		return
	}
	unneeded := map[*balance.Server][]*druid.DataSegment{}
	for of := range r.Catalog.unneeded {
		for _, s := range of.servers {
			if !s.Drops(of.id) {
				unneeded[s] = append(unneeded[s], s.Segment(of.id))
			}
		}
	}
	for _, s := range r.Cluster.servers() {
		slices.SortFunc(unneeded[s], balance.ByID)
		for _, segment := range unneeded[s] {
			r.drop(s, segment)
		}
	}
}

// CleanupOvershadowed marks unused the segments that served ones overshadow completely:
// DruidCoordinatorCleanupOvershadowed.
func (r *Run) CleanupOvershadowed() {
	if !r.MayMark {
		return
	}
	for _, of := range r.Catalog.concealed() {
		r.markUnused(of.used)
	}
}
