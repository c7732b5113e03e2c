//go:build !mutant_one_leader

package coordinator

import "context"

// plantedFollowersLead is a planted bug, and off: with the build tag mutant_one_leader, a coordinator announces itself as the leader whether it leads or not, which
// interop/mutants.sh shows to be noticed.
const plantedFollowersLead = false

func (c *coordinator) plantedLead(context.Context) {}
