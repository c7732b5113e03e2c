package cluster

import (
	"context"
	"fmt"
	"slices"

	"oakmoot/internal/stage/scenario"
)

// heal undoes armed faults: the one named, those that touch the nodes picked, or all.
func heal(ctx context.Context, d *director, a scenario.Action, nodes []*node) (done, error) {
	healed, picked := []string{}, names(nodes)
	err := d.undo(ctx, func(f *armedFault) bool {
		match := a.ID == "" && a.Target.Empty() || a.ID == f.ID ||
			slices.ContainsFunc(f.Nodes, func(name string) bool { return slices.Contains(picked, name) })
		if match {
			healed = append(healed, f.Nodes...)
		}
		return match
	})
	if a.ID != "" && len(healed) == 0 {
		return done{healed: healed}, fmt.Errorf("%w: no fault %s is armed", ErrBadExpression, a.ID)
	}
	slices.Sort(healed)
	return done{healed: slices.Compact(healed)}, err
}
