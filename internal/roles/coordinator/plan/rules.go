package plan

import (
	"slices"
	"strings"

	"oakmoot/internal/druid"
	"oakmoot/internal/druid/timeline"
)

// Rules are the rules of every datasource that has any, and the default ones.
type Rules struct {
	ByDataSource map[string][]druid.Rule
	Default      string // the name of the default rules: druid.manager.rules.defaultRule
	// Unknown are the datasources whose own rules could not be read.
	Unknown map[string]bool
}

// Of returns the rules that apply to a datasource: its own, then the default ones.
func (r Rules) Of(dataSource string) []druid.Rule {
	return slices.Concat(r.ByDataSource[dataSource], r.ByDataSource[r.Default])
}

// First is the rule that decides about an interval of a datasource. The default rules do not stand in for rules that
// are unknown: they might drop.
func (r Rules) First(dataSource string, interval druid.Interval, now druid.Timestamp) (druid.Rule, bool) {
	if r.Unknown[dataSource] {
		return druid.Rule{}, false
	}
	for _, rule := range r.Of(dataSource) {
		if Applies(rule, interval, now) {
			return rule, true
		}
	}
	return druid.Rule{}, false
}

// IsLoad reports whether a rule asks for replicas.
func IsLoad(rule druid.Rule) bool { return strings.HasPrefix(rule.Type, "load") }

// Applies reports whether a rule decides about segments of an interval. A period that cannot be read applies to
// nothing.
func Applies(rule druid.Rule, interval druid.Interval, now druid.Timestamp) bool {
	switch rule.Type {
	case "loadForever", "dropForever", "broadcastForever":
		return true
	case "loadByInterval", "broadcastByInterval":
		return rule.Interval.Overlaps(interval)
	case "dropByInterval":
		return rule.Interval.Contains(interval)
	}
	period, err := druid.ParsePeriod(rule.Period)
	if err != nil {
		return false
	}
	recent := druid.Interval{Start: period.Before(now), End: now}
	future := rule.IncludeFuture == nil || *rule.IncludeFuture
	switch rule.Type {
	case "loadByPeriod", "broadcastByPeriod":
		return future && recent.Start < interval.End || !future && recent.Overlaps(interval)
	case "dropByPeriod":
		return future && recent.Start <= interval.Start || !future && recent.Contains(interval)
	case "dropBeforeByPeriod":
		return interval.End <= recent.Start
	}
	return false
}

// RunRules loads, drops and marks unused what the rules say: DruidCoordinatorRuleRunner. Segments that other used
// ones overshadow are left out.
func (r *Run) RunRules() {
	if len(r.Cluster.names) == 0 {
		r.warn("no servers: nothing is assigned")
		return
	}
	r.Throttle.Begin(r.Cluster.names, r.Config, r.warn)
	hidden := overshadowed(r.Used)
	missing := 0
	for _, segment := range r.Used {
		if hidden[segment.ID()] {
			continue
		}
		rule, ok := r.Rules.First(segment.DataSource, segment.Interval, r.Now)
		if !ok {
			missing++
			continue
		}
		r.runRule(rule, segment)
	}
	if missing > 0 {
		r.warn("segments without a matching rule")
	}
}

func (r *Run) runRule(rule druid.Rule, segment druid.DataSegment) {
	switch {
	case IsLoad(rule):
		r.runLoadRule(rule.Replicants(), segment)
	case strings.HasPrefix(rule.Type, "broadcast"):
		r.runBroadcastRule(rule.ColocatedDataSources, segment)
	default:
		r.markUnused(segment)
	}
}

// overshadowed are the segments that newer ones in the same list overshadow completely.
func overshadowed(segments []druid.DataSegment) map[druid.SegmentID]bool {
	lines := map[string]*timeline.Timeline[druid.SegmentID]{}
	for _, s := range segments {
		line := lines[s.DataSource]
		if line == nil {
			line = timeline.New[druid.SegmentID]()
			lines[s.DataSource] = line
		}
		line.Add(s.Interval, s.Version, s.ShardSpec, s.ID())
	}
	hidden := map[druid.SegmentID]bool{}
	for _, line := range lines {
		for _, holder := range line.Overshadowed() {
			for _, chunk := range holder.Chunks {
				hidden[chunk.Object] = true
			}
		}
	}
	return hidden
}
