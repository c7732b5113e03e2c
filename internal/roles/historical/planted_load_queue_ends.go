//go:build mutant_load_queue_ends

package historical

// plantedKeepsRequests is a planted bug: a request that was carried out is not deleted.
const plantedKeepsRequests = true
