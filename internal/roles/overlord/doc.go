// Package overlord is Druid's overlord: it wins an election, keeps the queue of
// tasks and their locks, assigns tasks to workers over ZooKeeper, and follows them
// to their end.
//
// All that belongs to leadership lives in a term, which one goroutine owns and
// which dies with it: the next leader starts from the metadata store and
// ZooKeeper.
package overlord
