// Package historical is Druid's historical: it follows its load queue in
// ZooKeeper, pulls segments from deep storage into its cache, announces them and
// itself, and answers queries over them.
//
// One loop goroutine owns the state of the segments. The request that is being
// carried out runs beside it, one at a time; the loop waits for it before it
// returns.
package historical
