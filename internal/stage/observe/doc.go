// Package observe is the one model of a cluster that everything that looks at the cluster reads: status, conditions,
// expectations, the targets of faults, the seats of real processes, the trace and the record.
//
// A Model takes changes and holds the current state. Changes are committed transactions of ZooKeeper, what a node's
// supervisor reports, a count of the metadata store, and the beginning and end of a fault. The cost of a change
// depends on what changed, never on how large the cluster is, and a question is answered without walking the tree.
// Each kind of znode is a row of one table, which decodes it, says what it shows, and puts a change of it into
// Druid's words.
//
// The package is pure: no goroutine, no clock, no network and no lock. Whoever feeds a Model owns it, and keeps it
// unchanged while asking it questions.
//
// # Who leads
//
// A node leads when ZooKeeper shows it as the leader of its kind, the session that announced this is alive and is the
// node's own, and the node acts. ZooKeeper shows a leader by its entry among the services: the latch's first
// candidate writes it once it has been told that it leads, and a coordinator or overlord writes it at no other time.
// A node acts while it runs, is not paused, and believes that it is connected to ZooKeeper. What a dead node or a
// dead session has left is shown separately, as lingering, until its session ends. An external process is known only
// through ZooKeeper, so it leads as long as ZooKeeper shows it.
package observe
