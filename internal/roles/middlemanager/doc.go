// Package middlemanager is Druid's middleManager: it announces a worker in
// ZooKeeper, runs the tasks that the overlord assigns to it, each as a peon of
// its own, and writes their status.
//
// One loop goroutine owns all of the worker's state. Peons, ZooKeeper writes and
// the purge of old results run beside it, and report to it at their end.
package middlemanager
