package plan

import "oakmoot/internal/druid"

// Unavailable counts the used segments of each datasource that no server serves. It
// is empty until a run has counted replicas.
func Unavailable(used []druid.DataSegment, counts *Replicants) map[string]int {
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
func UnderReplicated(used []druid.DataSegment, rules Rules, counts *Replicants, now druid.Timestamp) map[string]map[string]int {
	missing := map[string]map[string]int{}
	if counts == nil {
		return missing
	}
	for _, s := range used {
		for tier, target := range firstLoadRule(rules, s, now).TieredReplicants {
			if missing[tier] == nil {
				missing[tier] = map[string]int{}
			}
			missing[tier][s.DataSource] += max(0, target-counts.Loaded(s.ID(), tier))
		}
	}
	return missing
}

// firstLoadRule skips rules of other kinds, as Druid does here and nowhere else.
func firstLoadRule(rules Rules, s druid.DataSegment, now druid.Timestamp) druid.Rule {
	for _, rule := range rules.Of(s.DataSource) {
		if IsLoad(rule) && Applies(rule, s.Interval, now) {
			rule.TieredReplicants = rule.Replicants()
			return rule
		}
	}
	return druid.Rule{}
}
