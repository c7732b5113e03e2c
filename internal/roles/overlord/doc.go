// Package overlord is Druid's overlord: it wins an election, keeps the queue of
// tasks and their locks, assigns tasks to workers over ZooKeeper, and follows them
// to their end.
//
// All that belongs to leadership lives in a term, which one goroutine owns and
// which dies with it: the next leader finds what there is in the metadata store
// and in ZooKeeper.
package overlord
