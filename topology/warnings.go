package topology

import (
	"fmt"
	"maps"
	"slices"

	process "oakmoot/internal/run/node"
	"oakmoot/internal/stage/scenario"
)

// Warnings are what a topology says to no effect: properties that no node reads, or
// values that they do not take. A process in an external seat may read more, so its
// properties are left alone.
func (t Topology) Warnings() []string {
	var all []string
	seats := false
	for _, r := range t.Roles {
		seats = seats || r.External
		if !r.External {
			all = append(all, warnings(fmt.Sprintf("role %s", r.Kind), r.Properties)...)
		}
	}
	if !seats {
		all = append(warnings("defaults", t.Defaults.Properties), all...)
	}
	return append(all, t.foregone()...)
}

// foregone are the comparisons of conditions that say nothing of the cluster, though the
// whole condition may.
func (t Topology) foregone() (all []string) {
	u := t.WithDefaults().universe()
	add := func(where, text string) {
		condition, err := scenario.ParseCondition(text)
		if text == "" || err != nil {
			return
		}
		_, remarks := condition.Foregone(u)
		for _, remark := range remarks {
			all = append(all, fmt.Sprintf("%s %q: %s", where, text, remark.Message))
		}
	}
	for _, s := range t.Steps {
		if trigger, err := scenario.ParseTrigger(s.When); err == nil {
			add("when", trigger.Condition.String())
		}
		add("then", s.Then)
	}
	for _, e := range t.Expects {
		add("always", e.Always)
		add("eventually", e.Eventually)
		add("never", e.Never)
	}
	return all
}

func warnings(where string, props map[string]string) []string {
	var all []string
	for _, key := range slices.Sorted(maps.Keys(props)) {
		if remark := process.Remark(key, props[key], scenario.Nearest); remark != "" {
			all = append(all, where+": "+remark)
		}
	}
	return all
}
