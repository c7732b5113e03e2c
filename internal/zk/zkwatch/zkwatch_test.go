package zkwatch_test

import (
	"context"
	"errors"
	"io"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/worldtest"
	"oakmoot/internal/zk/zkconn"
	"oakmoot/internal/zk/zkwatch"
	"oakmoot/internal/zk/zkwire"
)

func open(t *testing.T, w *worldtest.World, dial zkconn.DialFunc, changed func(), paths ...string) *zkwatch.Watch {
	t.Helper()
	watch, err := zkwatch.Open(t.Context(), zkwatch.Options{
		Servers: []string{"127.0.0.1:1", w.ZK.Addr()}, SessionTimeout: worldtest.SessionTimeout, Dial: dial, Changed: changed,
	}, paths...)
	w.Must(err)
	t.Cleanup(watch.Close)
	return watch
}

func TestChangesBelowTheRootsAreNoted(t *testing.T) {
	worldtest.Bubble(t, func(t *testing.T, w *worldtest.World) {
		ctx := t.Context()
		var told atomic.Int64
		watch := open(t, w, w.Net.DialContext, func() { told.Add(1) }, "/a", "/c")
		for _, path := range []string{"/a/b/d", "/b/x", "/c"} {
			_, err := w.Conn.CreateParents(ctx, path, []byte("1"), zkconn.Persistent)
			w.Must(err)
		}
		w.Must(watch.Sync(ctx, "/"))
		if diff := cmp.Diff([]string{"/a", "/a/b", "/a/b/d", "/c"}, watch.Take()); diff != "" {
			t.Errorf("created (-want +got):\n%s", diff)
		}
		_, err := w.Conn.Set(ctx, "/a/b/d", []byte("2"), -1)
		w.Must(err)
		w.Must(w.Conn.Delete(ctx, "/c", -1))
		w.Must(watch.Sync(ctx, "/"))
		if diff := cmp.Diff([]string{"/a/b/d", "/c"}, watch.Take()); diff != "" {
			t.Errorf("changed and deleted (-want +got):\n%s", diff)
		}
		if told.Load() != 6 {
			t.Errorf("got %d calls, want one for each event", told.Load())
		}
		data, stat, err := watch.Get(ctx, "/a/b/d")
		if err != nil || string(data) != "2" || stat.Version != 1 {
			t.Errorf("got %q %+v, %v", data, stat, err)
		}
		if _, _, err := watch.Get(ctx, "/c"); !errors.Is(err, zkwatch.ErrNoNode) {
			t.Errorf("got %v", err)
		}
		if children, err := watch.Children(ctx, "/a"); err != nil || !cmp.Equal(children, []string{"b"}) {
			t.Errorf("got %v, %v", children, err)
		}
	})
}

func TestPingsKeepTheSession(t *testing.T) {
	worldtest.Bubble(t, func(t *testing.T, w *worldtest.World) {
		watch := open(t, w, w.Net.DialContext, nil, "/a")
		time.Sleep(time.Hour)
		if watch.Ended() {
			t.Error("the connection has ended")
		}
		w.Must(watch.Sync(t.Context(), "/"))
	})
}

func TestWatchEndsWithItsConnection(t *testing.T) {
	worldtest.Bubble(t, func(t *testing.T, w *worldtest.World) {
		link := w.Link()
		watch := open(t, w, link.DialZK, nil, "/a")
		link.Cut()
		w.Until("it has ended", watch.Ended)
		if err := watch.Sync(t.Context(), "/"); !errors.Is(err, zkwatch.ErrEnded) {
			t.Errorf("got %v", err)
		}
	})
}

func TestRequestThatIsGivenUpEndsTheConnection(t *testing.T) {
	worldtest.Bubble(t, func(t *testing.T, w *worldtest.World) {
		watch := open(t, w, w.Net.DialContext, nil, "/a")
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for range 100 { // it may get its turn, or the answer, first
			if err := watch.Sync(ctx, "/"); err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, zkwatch.ErrEnded) {
				t.Fatalf("got %v", err)
			}
		}
	})
}

// old is a server that grants sessions, but does not know addWatch.
func old(t *testing.T, w *worldtest.World, answer bool) string {
	ln, err := w.Net.Listen("127.0.0.1:0")
	w.Must(err)
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go serveOld(c, answer)
		}
	}()
	return ln.Addr().String()
}

func serveOld(c net.Conn, answer bool) {
	defer c.Close()
	send := func(r zkwire.Record) {
		var e zkwire.Encoder
		mark := e.StartFrame()
		r.Encode(&e)
		e.EndFrame(mark)
		_, _ = c.Write(e.Buf)
	}
	frame := make([]byte, 4096)
	if _, err := c.Read(frame); err != nil {
		return
	}
	send(&zkwire.ConnectResponse{Timeout: time.Second, Session: 5, Password: make([]byte, zkwire.PasswordLength)})
	if _, err := c.Read(frame); err != nil || !answer {
		return
	}
	send(&zkwire.ReplyHeader{Xid: 1, Code: zkwire.Unimplemented})
	_, _ = io.Copy(io.Discard, c)
}

func TestServerWithoutPersistentWatchesIsRecognised(t *testing.T) {
	for answer, want := range map[bool]error{true: zkwatch.ErrUnsupported, false: zkwatch.ErrEnded} {
		worldtest.Bubble(t, func(t *testing.T, w *worldtest.World) {
			_, err := zkwatch.Open(t.Context(), zkwatch.Options{
				Servers: []string{old(t, w, answer)}, SessionTimeout: time.Second, Dial: w.Net.DialContext,
			}, "/a")
			if !errors.Is(err, want) {
				t.Errorf("got %v, want %v", err, want)
			}
		})
	}
}

func TestFrameWithoutAnEndIsNotWaitedFor(t *testing.T) {
	worldtest.Bubble(t, func(t *testing.T, w *worldtest.World) {
		ln, err := w.Net.Listen("127.0.0.1:0")
		w.Must(err)
		t.Cleanup(func() { ln.Close() })
		go func() {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			defer c.Close()
			_, _ = c.Write([]byte{0x7f, 0xff, 0xff, 0xff})
			_, _ = io.Copy(io.Discard, c)
		}()
		start := time.Now()
		_, err = zkwatch.Open(t.Context(), zkwatch.Options{Servers: []string{ln.Addr().String()}, SessionTimeout: time.Hour, Dial: w.Net.DialContext}, "/a")
		if err == nil || time.Since(start) != 0 {
			t.Errorf("got %v after %v", err, time.Since(start))
		}
	})
}
