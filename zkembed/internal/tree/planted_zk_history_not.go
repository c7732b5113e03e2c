//go:build !mutant_zk_history

package tree

// plantedVersionStep is a planted bug, and off: with the build tag mutant_zk_history, a change of a znode's data counts twice, which
// interop/mutants.sh shows to be noticed.
const plantedVersionStep = 1
