// Package dataserver is what Druid's data servers have in common: the set of segments
// that a process serves, the query resource /druid/v2 over it, and the nodes that such
// a process keeps in ZooKeeper besides its announcements.
//
// It starts no goroutines. Its types may be used by several at once.
package dataserver
