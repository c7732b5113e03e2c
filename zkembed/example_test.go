package zkembed_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/go-zookeeper/zk"

	"oakmoot/zkembed"
)

// exampleServer runs a server as a program does; a test calls zkembed.RunT.
func exampleServer() (srv *zkembed.Server, stop func()) {
	srv = zkembed.New(zkembed.Options{})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- srv.Run(ctx) }()
	<-srv.Ready()
	return srv, func() {
		cancel()
		if err := <-done; err != nil {
			log.Fatal(err)
		}
	}
}

// exampleClient opens a session, here without a socket.
func exampleClient(srv *zkembed.Server) *zk.Conn {
	conn, _, err := zk.Connect([]string{srv.Addr()}, 10*time.Second, zk.WithDialer(srv.DialZK), zk.WithLogger(silent{}))
	if err != nil {
		log.Fatal(err)
	}
	return conn
}

// A lock that is held by a session is free once the session has expired.
func Example_lock() {
	srv, stop := exampleServer()
	defer stop()
	holder, waiter := exampleClient(srv), exampleClient(srv)
	defer holder.Close()
	defer waiter.Close()

	if err := zk.NewLock(holder, "/lock", zk.WorldACL(zk.PermAll)).Lock(); err != nil {
		log.Fatal(err)
	}
	locked := make(chan error)
	go func() { locked <- zk.NewLock(waiter, "/lock", zk.WorldACL(zk.PermAll)).Lock() }()

	if err := srv.Expire(context.Background(), zkembed.SessionID(holder.SessionID())); err != nil {
		log.Fatal(err)
	}
	fmt.Println("the waiter has it:", <-locked)
	// Output: the waiter has it: <nil>
}

// A leader that has lost its session hears of it, and somebody else can lead.
func ExampleServer_Expire() {
	srv, stop := exampleServer()
	defer stop()
	leader, follower := exampleClient(srv), exampleClient(srv)
	defer leader.Close()
	defer follower.Close()

	if _, err := leader.Create("/leader", []byte("one"), zk.FlagEphemeral, zk.WorldACL(zk.PermAll)); err != nil {
		log.Fatal(err)
	}
	_, _, gone, err := follower.GetW("/leader")
	if err != nil {
		log.Fatal(err)
	}
	if err := srv.Expire(context.Background(), zkembed.SessionID(leader.SessionID())); err != nil {
		log.Fatal(err)
	}
	fmt.Println((<-gone).Type)
	_, err = follower.Create("/leader", []byte("two"), zk.FlagEphemeral, zk.WorldACL(zk.PermAll))
	fmt.Println("the follower leads:", err)
	// Output:
	// EventNodeDeleted
	// the follower leads: <nil>
}

// The write takes effect, but the client never hears of it; another client finds it done.
func ExampleServer_Fail() {
	srv, stop := exampleServer()
	defer stop()
	client, other := exampleClient(srv), exampleClient(srv)
	defer client.Close()
	defer other.Close()

	undo := srv.Fail(zkembed.Rule{Op: "create", Path: "/order", Times: 1, Action: zkembed.ActDropReply})
	defer undo()
	_, err := client.Create("/order", nil, 0, zk.WorldACL(zk.PermAll))
	fmt.Println("first:", err)
	_, err = other.Create("/order", nil, 0, zk.WorldACL(zk.PermAll))
	fmt.Println("again:", err)

	srv.Fail(zkembed.Rule{Op: "setData", Action: zkembed.ActError, Code: -103})
	_, err = other.Set("/order", nil, -1)
	fmt.Println("set:", err)
	// Output:
	// first: zk: connection closed
	// again: zk: node already exists
	// set: zk: version conflict
}

// Every change is seen, in order.
func ExampleServer_Commits() {
	srv, stop := exampleServer()
	defer stop()
	client := exampleClient(srv)
	defer client.Close()

	if _, err := client.Create("/a", []byte("1"), 0, zk.WorldACL(zk.PermAll)); err != nil {
		log.Fatal(err)
	}
	if _, err := client.Set("/a", []byte("2"), 0); err != nil {
		log.Fatal(err)
	}
	for commit, err := range srv.Commits(context.Background(), 0) {
		if err != nil {
			log.Fatal(err)
		}
		if commit.Path == "/a" {
			fmt.Printf("%s %s: %q, before %q\n", commit.Kind, commit.Path, commit.After, commit.Before)
		}
		if commit.Kind == zkembed.CommitSetData {
			break
		}
	}
	// Output:
	// create /a: "1", before ""
	// set /a: "2", before "1"
}
