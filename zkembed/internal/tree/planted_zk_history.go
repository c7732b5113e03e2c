//go:build mutant_zk_history

package tree

// plantedVersionStep is a planted bug: a change of a znode's data counts twice.
const plantedVersionStep = 2
