//go:build !mutant_one_leader

package coordinator

// plantedFollowersLead is a planted bug, and off: with the build tag mutant_one_leader, a coordinator announces itself as the leader before it leads, which
// interop/mutants.sh shows to be noticed.
const plantedFollowersLead = false
