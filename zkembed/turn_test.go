package zkembed_test

import (
	"fmt"
	"net"
	"sync"
	"testing"

	"oakmoot/internal/zk/zkwire"
	"oakmoot/zkembed"
)

// TestRequestsStayInOrderWhoeverCarriesThemOut sends ahead over sockets while others do the
// same and the API is called, so that some requests are carried out by their connection
// and some by the state's goroutine: each set asks for the version that the previous one
// has made. On disk there are snapshots too, and changes that share a sync.
func TestRequestsStayInOrderWhoeverCarriesThemOut(t *testing.T) {
	t.Run("in memory", func(t *testing.T) { setInOrder(t, zkembed.Options{}) })
	t.Run("on disk", func(t *testing.T) { setInOrder(t, zkembed.Options{DataDir: t.TempDir(), SnapshotEvery: 100}) })
}

func setInOrder(t *testing.T, opts zkembed.Options) {
	const clients, rounds, ahead = 6, 60, 5
	opts.MaxSessionTimeout = lasting
	srv := zkembed.RunT(t, opts)
	var working sync.WaitGroup
	for i := range clients {
		nc, err := net.Dial("tcp", srv.Addr())
		if err != nil {
			t.Fatal(err)
		}
		c := newWireClient(t, nc)
		if _, err := c.open(zkwire.ConnectRequest{}); err != nil {
			t.Fatal(err)
		}
		path := fmt.Sprintf("/%d", i)
		working.Go(func() {
			c.ask(zkwire.OpCreate, &zkwire.CreateRequest{Path: path, ACL: zkwire.OpenACL})
			_, _, _ = c.answer() // the first set shows whether it worked
			version := zkwire.Version(0)
			for range rounds {
				for range ahead {
					c.ask(zkwire.OpSetData, &zkwire.SetDataRequest{Path: path, Version: version})
					version++
				}
				for n := version - ahead; n < version; n++ {
					if code, _, err := c.answer(); code != zkwire.OK || err != nil {
						t.Errorf("%s, set of version %d: got %v, %v", path, n, code, err)
						return
					}
				}
			}
		})
	}
	worked := make(chan struct{})
	go func() {
		working.Wait()
		close(worked)
	}()
	for {
		select {
		case <-worked:
			return
		default:
			if sessions, err := srv.Sessions(t.Context()); err != nil || len(sessions) != clients {
				t.Fatalf("got %d sessions, %v; want %d", len(sessions), err, clients)
			}
		}
	}
}
