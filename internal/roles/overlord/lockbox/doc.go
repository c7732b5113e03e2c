// Package lockbox says who may work on which interval of which datasource: TaskLockbox
// of Druid. The lockbox itself is pure; Locks keeps what it grants in the store. Neither
// knows the queue, ZooKeeper or workers. One goroutine, the overlord's term, uses them.
package lockbox
