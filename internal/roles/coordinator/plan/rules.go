package plan

import (
	"slices"
	"strings"

	"oakmoot/internal/druid"
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
	return r.At(now).First(dataSource, interval)
}

// At is the rules at one moment, to be asked about many segments.
func (r Rules) At(now druid.Timestamp) *RulesAt { return &RulesAt{r, now, map[string]*compiled{}} }

// RulesAt are Rules at one moment.
type RulesAt struct {
	rules Rules
	now   druid.Timestamp
	ready map[string]*compiled // by datasource
}

// First is Rules.First.
func (r *RulesAt) First(dataSource string, interval druid.Interval) (druid.Rule, bool) {
	if r.ready[dataSource] == nil {
		r.ready[dataSource] = r.rules.compile(dataSource, r.now)
	}
	if rule := r.ready[dataSource].first(interval); rule != nil {
		return rule.Rule, true
	}
	return druid.Rule{}, false
}

// IsLoad reports whether a rule asks for replicas.
func IsLoad(rule druid.Rule) bool { return strings.HasPrefix(rule.Type, "load") }

// RunRules loads, drops and marks unused what the rules say: DruidCoordinatorRuleRunner. Segments that other used
// ones overshadow are left out.
func (r *Run) RunRules() {
	if len(r.Cluster.names) == 0 {
		r.warn("no servers: nothing is assigned")
		return
	}
	r.Throttle.Begin(r.Cluster.names, r.Config, r.warn)
	missing := 0
	for _, source := range r.Catalog.sources {
		source.rules = nil
	}
	for _, of := range r.Catalog.inOrder() {
		if of.hidden {
			continue
		}
		if of.source.rules == nil {
			of.source.rules = r.Rules.compile(of.id.DataSource, r.Now)
		}
		rule := of.source.rules.first(of.id.Interval)
		if rule == nil {
			missing++
			continue
		}
		r.runRule(rule, of)
	}
	if missing > 0 {
		r.warn("segments without a matching rule")
	}
}

func (r *Run) runRule(rule *compiledRule, of *record) {
	switch rule.kind {
	case loads:
		r.runLoadRule(&rule.targets, of)
	case broadcasts:
		r.runBroadcastRule(rule.ColocatedDataSources, of.used)
	default:
		r.markUnused(of.used)
	}
}
