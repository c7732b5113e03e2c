package coordinator

import (
	"net/http"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/node"
)

// sums adds up what is served by interval and datasource.
func (l *leadership) sums(want func(druid.Interval) bool) map[string]map[string]sum {
	all := map[string]map[string]sum{}
	for name, segments := range servedSegments(l.view.Snapshot()) {
		for _, s := range segments {
			if !want(s.Interval) {
				continue
			}
			key := s.Interval.String()
			if all[key] == nil {
				all[key] = map[string]sum{}
			}
			all[key][name] = all[key][name].plus(s)
		}
	}
	return all
}

func intervals(l *leadership, _ snapshot, w http.ResponseWriter, _ *http.Request) {
	ok(w, l.sums(func(druid.Interval) bool { return true }))
}

// intervalTotals adds up what lies inside an interval: in one sum, by interval
// (simple), or by interval and datasource (full).
func intervalTotals(l *leadership, _ snapshot, w http.ResponseWriter, r *http.Request) {
	within, valid := pathInterval(w, r)
	if !valid {
		return
	}
	all := l.sums(within.Contains)
	if node.Present(r, "full") {
		ok(w, all)
		return
	}
	total, byInterval := sum{}, map[string]sum{}
	for key, byDataSource := range all {
		for _, s := range byDataSource {
			total = sum{total.Size + s.Size, total.Count + s.Count}
			byInterval[key] = sum{byInterval[key].Size + s.Size, byInterval[key].Count + s.Count}
		}
	}
	if node.Present(r, "simple") {
		ok(w, byInterval)
		return
	}
	if total.Count == 0 {
		ok(w, struct{}{})
		return
	}
	ok(w, total)
}
