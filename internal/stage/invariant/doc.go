// Package invariant checks what must hold in every run of a cluster, whatever happens to
// its nodes: the invariants that are always on.
//
// A Set listens to the model of package observe and so is told of each change once, in
// order and decoded. Each invariant is a small type that keeps only what it has to
// remember, so that a change costs the same in a cluster of ten nodes and of a thousand.
// What cannot be seen in ZooKeeper, such as what the metadata store, a server's disk or a
// broker says, is asked for: the Set names what it wants to know, and its owner brings the
// answers. An invariant is broken by the first violation, which names the commit. Besides
// it counts how often it was really put to the test: one that held a hundred times is not
// one that was never exercised.
//
// Bounds are finite and generous. They run on a clock that the owner moves, that does not
// count the time in which the whole process stood still, and that starts again when a
// fault ends or a node changes its state.
//
// The package is pure: no goroutine, no clock, no network and no lock. Whoever owns the
// model owns the Set.
package invariant
