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
