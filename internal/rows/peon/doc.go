// Package peon runs one task as Druid's peon process does: it holds the task's locks,
// reads rows, builds segments, pushes them to deep storage, and publishes them through
// the overlord's /druid/indexer/v1/action.
//
// A Peon is a value that runs in its caller's goroutine and starts none.
package peon
