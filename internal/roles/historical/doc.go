// Package historical is Druid's historical: it follows its load queue in ZooKeeper, pulls segments from deep storage
// into its cache, announces them and itself, and answers queries over them.
//
// One loop goroutine owns the state of the segments. Requests are carried out beside it, one at a time; the loop
// waits for the current one before it returns.
package historical
