// Package druid holds the JSON types that Apache Druid 0.14.0-incubating
// processes exchange through ZooKeeper, HTTP and the metadata store, with the
// key order, nulls, number and time forms that Jackson gives them there.
//
// Every type keeps the fields it does not know and writes them back, so that a
// payload of a newer Druid survives being read and written again. The package
// imports nothing of ours and starts nothing.
package druid
