//go:build !mutant_rows_once

package broker

// plantedCountsTwice is a planted bug, and off: with the build tag mutant_rows_once, what the first server answers is counted twice, which
// interop/mutants.sh shows to be noticed.
const plantedCountsTwice = false
