//go:build !mutant_broker_view

package broker

// plantedRemembers is a planted bug, and off: with the build tag mutant_broker_view, a server that no longer announces a segment is still asked for it, which
// interop/mutants.sh shows to be noticed.
const plantedRemembers = false
