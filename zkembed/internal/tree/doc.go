// Package tree is ZooKeeper's tree of nodes: DataTree. It carries out the effects of
// transactions, answers what is read, and keeps what hangs on the nodes: who owns
// ephemerals, which nodes may go by themselves, what is used of quotas. It is pure: no
// lock, no connection, no I/O, and no time but what it is given. Whoever has a Tree calls
// it from one goroutine at a time.
package tree
