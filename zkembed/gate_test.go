package zkembed_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-zookeeper/zk"

	"oakmoot/zkembed"
)

// TestGateIsPassedBeforeTheAnswer holds each transaction at the gate: it is committed and
// shown by then, and not answered.
func TestGateIsPassedBeforeTheAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := zkembed.RunT(t, zkembed.Options{Network: zkembed.InMemory()})
		conn, events, err := zk.Connect([]string{srv.Addr()}, time.Minute, zk.WithDialer(srv.DialZK), zk.WithLogInfo(false))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		for e := range events {
			if e.State == zk.StateHasSession {
				break
			}
		}
		reached, pass := make(chan zkembed.Zxid), make(chan struct{})
		srv.Gate(func(latest zkembed.Zxid) {
			reached <- latest
			<-pass
		})
		answered := make(chan error, 1)
		go func() {
			_, err := conn.Create("/a", nil, 0, zk.WorldACL(zk.PermAll))
			answered <- err
		}()
		zxid := <-reached
		for commit := range srv.Commits(t.Context(), zxid) {
			if commit.Path != "/a" || commit.Zxid != zxid {
				t.Errorf("at the gate of %d: got the commit %+v, want that of /a", zxid, commit)
			}
			break
		}
		time.Sleep(time.Second) // in the bubble: everybody waits
		select {
		case err := <-answered:
			t.Errorf("answered with %v while it was at the gate", err)
		default:
		}
		srv.Gate(nil)
		close(pass)
		if err := <-answered; err != nil {
			t.Error(err)
		}
	})
}
