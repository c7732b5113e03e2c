//go:build !mutant_replicas

package plan

// plantedOneReplica is a planted bug, and off: with the build tag mutant_replicas, a segment is loaded once, whatever its rules ask, which
// interop/mutants.sh shows to be noticed.
const plantedOneReplica = false
