//go:build mutant_one_final_status

package overlord

// plantedStoresFailure is a planted bug: a task that succeeds is stored as failed.
const plantedStoresFailure = true
