// Package lock shows a ZooKeeper server in a Go test: one line starts it, any client can use it, and a session
// expires on demand.
package lock

import (
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"oakmoot/zkembed"
)

func TestLockIsFreeOnceItsHolderHasExpired(t *testing.T) {
	srv := zkembed.RunT(t)
	holder, waiter := connect(t, srv), connect(t, srv)

	held := zk.NewLock(holder, "/lock", zk.WorldACL(zk.PermAll))
	if err := held.Lock(); err != nil {
		t.Fatal(err)
	}
	got := make(chan error, 1)
	go func() { got <- zk.NewLock(waiter, "/lock", zk.WorldACL(zk.PermAll)).Lock() }()

	if err := srv.Expire(t.Context(), zkembed.SessionID(holder.SessionID())); err != nil {
		t.Fatal(err)
	}
	if err := <-got; err != nil {
		t.Fatal(err)
	}
}

func connect(t *testing.T, srv *zkembed.Server) *zk.Conn {
	t.Helper()
	conn, _, err := zk.Connect([]string{srv.Addr()}, 10*time.Second, zk.WithLogInfo(false))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return conn
}
