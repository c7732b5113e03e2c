//go:build mutant_disk

package historical

// plantedLosesFiles is a planted bug: the files of a loaded segment are deleted.
const plantedLosesFiles = true
