package plan

import (
	"maps"
	"slices"
	"strings"

	"oakmoot/internal/druid"
)

// compiled are the rules of a datasource at one moment, made ready to be asked about many segments.
type compiled []compiledRule

type compiledRule struct {
	druid.Rule
	kind    does
	targets targets
	recent  druid.Interval // of a rule with a period: the time until now
	future  bool           // of such a rule: whether it includes the future
}

// does is what a rule does with a segment.
type does int8

const (
	drops does = iota
	loads
	broadcasts
)

// targets are how many copies each tier should have.
type targets struct {
	tiers []string // sorted
	of    map[string]int
	total int
}

// compile prepares a datasource's rules. Those whose period cannot be read apply to nothing, and are left out.
func (r Rules) compile(dataSource string, now druid.Timestamp) *compiled {
	var all compiled
	if r.Unknown[dataSource] {
		return &all
	}
	for _, rule := range r.Of(dataSource) {
		if one, ok := compileRule(rule, now); ok {
			all = append(all, one)
		}
	}
	return &all
}

func compileRule(rule druid.Rule, now druid.Timestamp) (compiledRule, bool) {
	one := compiledRule{Rule: rule, future: rule.IncludeFuture == nil || *rule.IncludeFuture}
	switch {
	case IsLoad(rule):
		one.kind, one.targets.of = loads, rule.Replicants()
		one.targets.tiers = slices.Sorted(maps.Keys(one.targets.of))
		for _, n := range one.targets.of {
			one.targets.total += n
		}
	case strings.HasPrefix(rule.Type, "broadcast"):
		one.kind = broadcasts
	}
	if !strings.HasSuffix(rule.Type, "ByPeriod") {
		return one, true
	}
	period, err := druid.ParsePeriod(rule.Period)
	if err != nil {
		return one, false
	}
	one.recent = druid.Interval{Start: period.Before(now), End: now}
	return one, true
}

// first is the first rule that applies to segments of an interval; nil if none does.
func (c *compiled) first(interval druid.Interval) *compiledRule {
	for i := range *c {
		if rule := &(*c)[i]; rule.applies(interval) {
			return rule
		}
	}
	return nil
}

func (r *compiledRule) applies(interval druid.Interval) bool {
	switch r.Type {
	case "loadForever", "dropForever", "broadcastForever":
		return true
	case "loadByInterval", "broadcastByInterval":
		return r.Interval.Overlaps(interval)
	case "dropByInterval":
		return r.Interval.Contains(interval)
	case "loadByPeriod", "broadcastByPeriod":
		return r.future && r.recent.Start < interval.End || !r.future && r.recent.Overlaps(interval)
	case "dropByPeriod":
		return r.future && r.recent.Start <= interval.Start || !r.future && r.recent.Contains(interval)
	case "dropBeforeByPeriod":
		return interval.End <= r.recent.Start
	}
	return false
}
