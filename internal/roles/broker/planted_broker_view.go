//go:build mutant_broker_view

package broker

// plantedRemembers is a planted bug: a server that no longer announces a segment is still asked for it.
const plantedRemembers = true
