package plan

import "oakmoot/internal/druid"

// Unavailable counts the used segments of each datasource that no server serves. It
// is empty until a run has counted replicas.
func Unavailable(used []*druid.DataSegment, counts *Catalog) map[string]int {
	missing := map[string]int{}
	if counts == nil {
		return missing
	}
	for _, s := range used {
		n := missing[s.DataSource]
		if !counts.Anywhere(s.ID()) {
			n++
		}
		missing[s.DataSource] = n
	}
	return missing
}

// UnderReplicated sums, by tier and datasource, the replicas that the first
// applicable load rule asks for and no server serves. Queued ones do not count as
// served.
func UnderReplicated(used []*druid.DataSegment, rules Rules, counts *Catalog, now druid.Timestamp) map[string]map[string]int {
	missing := map[string]map[string]int{}
	if counts == nil {
		return missing
	}
	ready := map[string]*compiled{}
	for _, s := range used {
		if ready[s.DataSource] == nil {
			ready[s.DataSource] = rules.loading(s.DataSource, now)
		}
		rule := ready[s.DataSource].first(s.Interval)
		if rule == nil {
			continue
		}
		for tier, target := range rule.targets.of {
			if missing[tier] == nil {
				missing[tier] = map[string]int{}
			}
			missing[tier][s.DataSource] += max(0, target-counts.Loaded(s.ID(), tier))
		}
	}
	return missing
}

// loading are the load rules alone: Druid skips rules of other kinds here and nowhere else.
func (r Rules) loading(dataSource string, now druid.Timestamp) *compiled {
	var all compiled
	for _, rule := range r.Of(dataSource) {
		if one, ok := compileRule(rule, now); ok && one.kind == loads {
			all = append(all, one)
		}
	}
	return &all
}
