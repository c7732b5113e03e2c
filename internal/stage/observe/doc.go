// Package observe is the one model of a cluster that everything which looks at it
// reads: status, conditions, expectations, the targets of faults, the seats of real
// processes, the trace and the record.
//
// A Model takes changes and holds what there is. Changes are committed transactions of
// ZooKeeper, the word of a node's supervisor, a count of the metadata store, and the
// beginning and end of a fault. What a change costs depends on what changed, never on
// how large the cluster is, and a question is answered without walking the tree. Each
// kind of znode is a row of one table, which decodes it, says what it shows, and puts a
// change of it into Druid's words.
//
// The package is pure: no goroutine, no clock, no network and no lock. Who feeds a Model
// owns it, and holds it still while it is asked.
//
// # Who leads
//
// A node leads when ZooKeeper shows it as the leader of its kind, the session that
// announced this lives and is the node's own, and the node acts. ZooKeeper shows a
// leader by its entry among the services: the latch's first candidate writes it once it
// has been told that it leads, and a coordinator or overlord writes it at no other time.
// A node acts while it runs, is not paused, and reaches ZooKeeper as far as it knows.
// What a dead node or a dead session has left is shown apart, as lingering, until its
// session ends. Of a process of its own only ZooKeeper knows, so it leads as long as
// that shows it.
package observe
