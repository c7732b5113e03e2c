package zkconn_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"oakmoot/internal/zk/zkconn"
	"oakmoot/zkembed"
)

// The real client's buffers are small; what is as long as the server takes goes through
// them all the same, in each operation that carries data.
func TestLongDataPassesTheSmallBuffers(t *testing.T) {
	long := bytes.Repeat([]byte("x"), 1<<20-200) // with its request just below jute.maxbuffer
	bubble(t, func(t *testing.T, srv *zkembed.Server) {
		zc, _ := open(t, srv, "")
		ctx := t.Context()
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		expect := func(path string, want []byte) {
			t.Helper()
			if got, _, err := zc.Get(ctx, path); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s: got %d bytes, %v; want %d", path, len(got), err, len(want))
			}
		}
		_, err := zc.Create(ctx, "/created", long, zkconn.Persistent)
		must(err)
		expect("/created", long)
		_, err = zc.Create(ctx, "/set", []byte("short"), zkconn.Persistent)
		must(err)
		_, err = zc.Set(ctx, "/set", long, 0)
		must(err)
		expect("/set", long)
		protected, err := zc.CreateProtected(ctx, "/", "id", "p", long, zkconn.Persistent)
		must(err)
		expect(protected, long)
		half := long[:len(long)/2]
		must(zc.Transact(ctx, zkconn.Creation("/part", half, zkconn.Persistent), zkconn.Setting("/created", half[1:]), zkconn.Deletion("/set")))
		expect("/part", half)
		expect("/created", half[1:])
	})
}

// A listing may be longer than anything that a client may send.
func TestListingOfTwoMegabytesIsRead(t *testing.T) {
	bubble(t, func(t *testing.T, srv *zkembed.Server) {
		zc, _ := open(t, srv, "")
		const children, name = 400, 5000
		for i := range children {
			if _, err := zc.Create(t.Context(), fmt.Sprintf("/%0*d", name, i), nil, zkconn.Persistent); err != nil {
				t.Fatal(err)
			}
		}
		names, err := zc.Children(t.Context(), "/")
		if err != nil || len(names) != children+1 || len(strings.Join(names, "")) < children*name {
			t.Errorf("got %d names, %v; want %d", len(names), err, children+1)
		}
	})
}

// The watches of a connection that comes back do not fit into the buffer at first.
func TestManyWatchesAreSetAgain(t *testing.T) {
	bubble(t, func(t *testing.T, srv *zkembed.Server) {
		zc, l := open(t, srv, "")
		other, _ := open(t, srv, "")
		name := strings.Repeat("n", 1000)
		var watches []zkconn.Watch
		for i := range 200 {
			_, w, err := zc.ExistsW(t.Context(), fmt.Sprintf("/%s%d", name, i))
			if err != nil {
				t.Fatal(err)
			}
			watches = append(watches, w)
		}
		l.cut()
		synctest.Wait()
		l.mend()
		time.Sleep(timeout / 3)
		for i, w := range watches {
			path := fmt.Sprintf("/%s%d", name, i)
			if _, err := other.Create(t.Context(), path, nil, zkconn.Persistent); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			select {
			case e := <-w.C:
				if e.Type != zkconn.NodeCreated {
					t.Fatalf("watch %d: got %+v, want the creation", i, e)
				}
			default:
				t.Fatalf("watch %d was not set again", i)
			}
		}
	})
}

func TestPathThatFitsNoBufferIsRefused(t *testing.T) {
	bubble(t, func(t *testing.T, srv *zkembed.Server) {
		zc, _ := open(t, srv, "")
		var e *zkconn.Error
		if _, err := zc.Exists(t.Context(), "/"+strings.Repeat("n", 1<<20)); !errors.As(err, &e) {
			t.Errorf("got %v, want an *Error", err)
		}
	})
}
