// Package druid holds the JSON types that Apache Druid 0.14.0-incubating processes
// exchange through ZooKeeper, HTTP and the metadata store, with the key order, nulls,
// numbers and times that Jackson gives them there.
//
// Every type keeps the fields it does not know and writes them back, so that a payload
// from a newer Druid survives a round trip. The package imports nothing of ours and
// starts nothing.
package druid
