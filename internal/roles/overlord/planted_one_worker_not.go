//go:build !mutant_one_worker

package overlord

// plantedAssignsTwice is a planted bug, and off: with the build tag mutant_one_worker, a task is assigned to every worker, which
// interop/mutants.sh shows to be noticed.
const plantedAssignsTwice = false
