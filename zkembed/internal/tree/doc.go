// Package tree is ZooKeeper's tree of nodes: DataTree. It carries out the effects of
// transactions, answers reads, and keeps what depends on the nodes: who owns ephemerals,
// which nodes may disappear by themselves, how much of a quota is used. It is pure: no
// lock, no connection, no I/O, and no time but what it is given. A Tree is called from one
// goroutine at a time.
package tree
