// Package ingest turns raw records into rows and rows into segments: parsers,
// aggregators, and the incremental index of Druid.
//
// It starts no goroutines. An Incremental may be filled by one goroutine while
// others take snapshots of it; everything else belongs to one goroutine.
package ingest
