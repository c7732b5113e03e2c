//go:build mutant_replicas

package plan

// plantedOneReplica is a planted bug: a segment is loaded once, whatever its rules ask.
const plantedOneReplica = true
