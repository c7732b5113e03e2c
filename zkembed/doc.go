// Package zkembed is a ZooKeeper server for tests, demonstrations and development:
// the client protocol and the stand-alone semantics of Apache ZooKeeper 3.9, in
// memory or on disk, without a JVM. In a test it is one line:
//
//	srv := zkembed.RunT(t)
//	conn, _, err := zk.Connect([]string{srv.Addr()}, 10*time.Second)
//
// or without a socket, with go-zookeeper's client:
//
//	conn, _, err := zk.Connect([]string{srv.Addr()}, 10*time.Second, zk.WithDialer(srv.DialZK))
//
// # Making things go wrong
//
// [Server.Expire] ends a session as if its timeout had passed, [Server.Disconnect]
// takes its connection away, and [Server.Restart] is a server that goes down and
// comes back. A [Rule] picks single requests, by operation, path, session and
// number: it answers with an error, loses the request or, once it has taken effect, the
// reply, delays it, or ends the session. [Server.FailDisk] is a disk that is full.
//
// With [Options].Servers a server has several endpoints that a client takes for an
// ensemble's servers; each [Endpoint] can be stopped, slowed, partitioned or made
// read-only while the others go on.
//
// # Seeing what happened
//
// [Server.Commits] is every change in order, from any zxid on, with the data before and
// after; a slow reader never holds up the server. [Server.Sessions], [Server.Walk] and
// [Server.Dump] show the present; Dump is made for the log of a failed test. The
// four-letter words are answered on the client port.
//
// # Virtual time
//
// In a testing/synctest bubble, on the network that [InMemory] makes and reached
// through DialZK, a server takes no real time: a session of thirty seconds expires at once
// when everything else is idle.
//
//	synctest.Test(t, func(t *testing.T) {
//		srv := zkembed.RunT(t, zkembed.Options{Network: zkembed.InMemory()})
//		…
//		time.Sleep(time.Hour) // pings and all
//	})
//
// # Data
//
// Without a data directory everything is in memory and gone at the end; zxids and
// session ids are still never given out twice. With [Options].DataDir, what is
// acknowledged is in a write-ahead log, by [FsyncAlways] on the disk itself, and a
// server that starts on the directory again has it all, sessions and their ephemerals
// included. A record that was cut short by a crash is cut off and reported; with damage
// anywhere else the server refuses to start, names the place, and overwrites nothing.
//
// # What it is not
//
// It is one server, not an ensemble: no replication, no observers, no dynamic
// reconfiguration. Several endpoints are one process with one state: they show how
// clients behave when a server goes away, not how servers agree. It knows the
// schemes world, auth, digest, ip and, of certificates, x509, no SASL.
//
// # Inside
//
// One goroutine at a time owns all state: its own, or that of a connection whose
// requests find it at rest. [Server.Run] starts the former, with a reader and a writer for
// each connection, and has ended all of them when it returns.
package zkembed
