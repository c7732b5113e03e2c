//go:build !mutant_load_queue_ends

package historical

// plantedKeepsRequests is a planted bug, and off: with the build tag mutant_load_queue_ends, a request that was carried out is not deleted, which
// interop/mutants.sh shows to be noticed.
const plantedKeepsRequests = false
