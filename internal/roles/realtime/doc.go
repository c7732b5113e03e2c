// Package realtime is Druid's realtime node: it reads streams, announces a segment the
// moment its first row arrives, answers queries over it, and hands it to the
// historicals through deep storage and the metadata store.
//
// Each stream has one goroutine, its chief, that owns its sinks. Firehoses, persists,
// merges and withdrawals run beside it; the chief starts them and waits for them. One
// more goroutine asks the coordinator which segments have been handed off.
package realtime
