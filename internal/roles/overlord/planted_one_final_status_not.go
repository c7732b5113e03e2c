//go:build !mutant_one_final_status

package overlord

// plantedStoresFailure is a planted bug, and off: with the build tag mutant_one_final_status, a task that succeeds is stored as failed, which
// interop/mutants.sh shows to be noticed.
const plantedStoresFailure = false
