// Package zkembed is a ZooKeeper server for tests, demonstrations and development:
// the client protocol and the stand-alone semantics of Apache ZooKeeper 3.9, in
// memory or on disk, without a JVM. In a test it is one line:
//
//	srv := zkembed.RunT(t)
//	conn, _, err := zk.Connect([]string{srv.Addr()}, 10*time.Second)
//
// Sessions can be ended on demand (Expire), requests can be made to fail (Fail),
// and every committed change can be followed (Commits). With the in-memory network
// or Dial the server lives inside a testing/synctest bubble, where an hour of
// timeouts takes milliseconds.
//
// One goroutine owns all state. Run starts it, with a reader and a writer for each
// connection, and has ended all of them when it returns. It is one server and no
// replicated store.
package zkembed
