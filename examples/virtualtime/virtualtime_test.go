// Package virtualtime shows half a minute of silence, until a session expires, in a
// test that takes a few milliseconds.
package virtualtime

import (
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-zookeeper/zk"

	"oakmoot/zkembed"
)

func TestEphemeralOutlivesItsProcessByTheSessionTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := zkembed.RunT(t, zkembed.Options{Network: zkembed.InMemory(), Tick: time.Second})
		var last net.Conn
		process := connect(t, func(network, addr string, timeout time.Duration) (net.Conn, error) {
			if last != nil {
				return nil, net.ErrClosed // the machine is dead
			}
			var err error
			last, err = srv.DialZK(network, addr, timeout)
			return last, err
		})
		observer := connect(t, srv.DialZK)

		if _, err := process.Create("/alive", nil, zk.FlagEphemeral, zk.WorldACL(zk.PermAll)); err != nil {
			t.Fatal(err)
		}
		_, _, gone, err := observer.ExistsW("/alive")
		if err != nil {
			t.Fatal(err)
		}
		died := time.Now()
		last.Close()
		<-gone
		if took := time.Since(died); took < 19*time.Second || took > 21*time.Second {
			t.Errorf("gone after %v, want the session's 20s, and up to a tick", took)
		}
	})
}

func connect(t *testing.T, dial zk.Dialer) *zk.Conn {
	t.Helper()
	conn, events, err := zk.Connect([]string{"127.0.0.1:2181"}, 20*time.Second, zk.WithDialer(dial), zk.WithLogInfo(false))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	for e := range events {
		if e.State == zk.StateHasSession {
			break
		}
	}
	return conn
}
