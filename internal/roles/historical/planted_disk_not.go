//go:build !mutant_disk

package historical

// plantedLosesFiles is a planted bug, and off: with the build tag mutant_disk, the files of a loaded segment are deleted, which
// interop/mutants.sh shows to be noticed.
const plantedLosesFiles = false
