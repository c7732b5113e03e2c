package zkconn_test

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"oakmoot/internal/run/memnet"
	"oakmoot/internal/zk/zkconn"
	"oakmoot/zkembed"
)

// line is a dialer that can be cut and mended.
type line struct {
	srv *zkembed.Server

	mu    sync.Mutex // guards the fields below
	down  bool
	conns []net.Conn
}

func (l *line) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.down {
		return nil, errors.New("line is cut")
	}
	c, err := l.srv.Dial(ctx)
	if err == nil {
		l.conns = append(l.conns, c)
	}
	return c, err
}

func (l *line) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.down = true
	for _, c := range l.conns {
		c.Close()
	}
	l.conns = nil
}

func (l *line) mend() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.down = false
}

const timeout = 6 * time.Second

func open(t *testing.T, srv *zkembed.Server, chroot string) (zkconn.Conn, *line) {
	t.Helper()
	l := &line{srv: srv}
	zc, err := zkconn.Open(t.Context(), zkconn.Options{Servers: []string{"127.0.0.1:2181"}, Chroot: chroot, SessionTimeout: timeout, Dial: l.dial})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(zc.Close)
	return zc, l
}

// bubble runs f with a server in virtual time.
func bubble(t *testing.T, f func(t *testing.T, srv *zkembed.Server)) {
	synctest.Test(t, func(t *testing.T) {
		f(t, zkembed.RunT(t, zkembed.Options{Network: memnet.New(), Tick: 500 * time.Millisecond}))
	})
}

func TestErrorsAreSentinelsWithOperationAndPath(t *testing.T) {
	bubble(t, func(t *testing.T, srv *zkembed.Server) {
		zc, _ := open(t, srv, "")
		ctx := t.Context()
		if _, err := zc.CreateParents(ctx, "/a/b/c", []byte("x"), zkconn.Persistent); err != nil {
			t.Fatal(err)
		}
		_, again := zc.Create(ctx, "/a/b/c", nil, zkconn.Persistent)
		_, orphan := zc.Create(ctx, "/x/y", nil, zkconn.Persistent)
		_, version := zc.Set(ctx, "/a", nil, 9)
		for _, tt := range []struct{ got, want error }{
			{again, zkconn.ErrNodeExists}, {orphan, zkconn.ErrNoNode}, {version, zkconn.ErrBadVersion},
			{zc.Delete(ctx, "/a", -1), zkconn.ErrNotEmpty}, {zc.DeleteAll(ctx, "/a/b/c", "/a/none"), zkconn.ErrNoNode},
		} {
			var e *zkconn.Error
			if !errors.Is(tt.got, tt.want) || !errors.As(tt.got, &e) {
				t.Errorf("got %v, want %v in an *Error", tt.got, tt.want)
			}
		}
		if stat, err := zc.Exists(ctx, "/a/b/c"); stat == nil || err != nil {
			t.Errorf("after a failed transaction: got %v, %v; want the node still there", stat, err)
		}
	})
}

func TestProtectedNodeIsAdoptedAfterALostReply(t *testing.T) {
	for _, test := range []struct {
		name string
		rule zkembed.Rule
	}{
		{"nothing lost", zkembed.Rule{Op: "create", Path: "/none", Action: zkembed.ActDropReply}},
		{"request lost", zkembed.Rule{Op: "create", Path: "/q/*", Times: 2, Action: zkembed.ActDropRequest}},
		{"reply lost", zkembed.Rule{Op: "create", Path: "/q/*", Times: 1, Action: zkembed.ActDropReply}},
		{"reply of the directory lost", zkembed.Rule{Op: "create", Path: "/q", Times: 1, Action: zkembed.ActDropReply}},
		{"session lost with the reply", zkembed.Rule{Op: "create", Path: "/q/*", Times: 1, Action: zkembed.ActExpire}},
	} {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, srv *zkembed.Server) {
				zc, _ := open(t, srv, "")
				defer srv.Fail(test.rule)()
				path, err := zc.CreateProtected(t.Context(), "/q", "some-id", "n-", []byte("x"), zkconn.EphemeralSequential)
				names, _ := zc.Children(t.Context(), "/q") // an error shows in the next line
				if err != nil || len(names) != 1 || path != "/q/"+names[0] {
					t.Fatalf("got %s, %v with the children %v; want the path of the one child", path, err, names)
				}
				if _, stat, err := zc.Get(t.Context(), path); err != nil || stat.EphemeralOwner != zc.SessionID() {
					t.Errorf("got %+v, %v; want a node of the session 0x%x", stat, err, zc.SessionID())
				}
			})
		})
	}
}

func TestStatesOverAShortCut(t *testing.T) {
	bubble(t, func(t *testing.T, srv *zkembed.Server) {
		zc, l := open(t, srv, "")
		states, stop := zc.Listen()
		defer stop()
		id := zc.SessionID()
		l.cut()
		if s := <-states; s != zkconn.Suspended {
			t.Fatalf("got %v, want Suspended", s)
		}
		l.mend()
		start := time.Now()
		if s := <-states; s != zkconn.Reconnected {
			t.Fatalf("got %v, want Reconnected", s)
		}
		if d := time.Since(start); d > 300*time.Millisecond {
			t.Errorf("took %v to reconnect, want a mended line to be seen at once", d)
		}
		if zc.SessionID() != id {
			t.Errorf("session 0x%x became 0x%x", id, zc.SessionID())
		}
	})
}

func TestLossIsReportedWithNoServerToSaySo(t *testing.T) {
	bubble(t, func(t *testing.T, srv *zkembed.Server) {
		zc, l := open(t, srv, "")
		states, stop := zc.Listen()
		defer stop()
		id := zc.SessionID()
		start := time.Now()
		l.cut()
		if a, b := <-states, <-states; a != zkconn.Suspended || b != zkconn.Lost {
			t.Fatalf("got %v, %v; want Suspended, Lost", a, b)
		}
		if d := time.Since(start); d != timeout {
			t.Errorf("lost after %v, want %v", d, timeout)
		}
		time.Sleep(timeout)
		l.mend()
		if s := <-states; s != zkconn.Reconnected || zc.SessionID() == id {
			t.Errorf("got %v with session 0x%x; want Reconnected with a new one", s, zc.SessionID())
		}
	})
}

func TestOperationsWaitForTheConnectionAndForTheirContext(t *testing.T) {
	bubble(t, func(t *testing.T, srv *zkembed.Server) {
		zc, l := open(t, srv, "")
		l.cut()
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		if _, err := zc.Exists(short, "/"); !errors.Is(err, context.DeadlineExceeded) || time.Since(start).Truncate(time.Second) != time.Second {
			t.Errorf("got %v after %v, want its own deadline after 1s and a moment", err, time.Since(start))
		}
		go func() { time.Sleep(3 * time.Second); l.mend() }()
		if _, err := zc.Create(t.Context(), "/x", nil, zkconn.Ephemeral); err != nil {
			t.Errorf("an operation across a cut: %v", err)
		}
	})
}

// A creation that arrived after the deletion would leave a node that nobody knows of.
func TestAbandonedOperationComesBeforeTheNext(t *testing.T) {
	bubble(t, func(t *testing.T, srv *zkembed.Server) {
		zc, _ := open(t, srv, "")
		for range 500 {
			ctx, cancel := context.WithCancel(t.Context())
			go cancel()
			_, err := zc.Create(ctx, "/entry", nil, zkconn.Ephemeral)
			if err := zc.Delete(t.Context(), "/entry", -1); err != nil && !errors.Is(err, zkconn.ErrNoNode) {
				t.Fatal(err)
			}
			synctest.Wait()
			if stat, _ := zc.Exists(t.Context(), "/entry"); stat != nil {
				t.Fatalf("the node is there after its deletion; its creation had ended with %v", err)
			}
		}
	})
}

func TestWatchesFireOnceAndEndWithTheirSession(t *testing.T) {
	bubble(t, func(t *testing.T, srv *zkembed.Server) {
		zc, l := open(t, srv, "")
		ctx := t.Context()
		_, fires, err := zc.ExistsW(ctx, "/w")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := zc.Create(ctx, "/w", nil, zkconn.Persistent); err != nil {
			t.Fatal(err)
		}
		if e := <-fires.C; e.Type != zkconn.NodeCreated || e.Path != "/w" {
			t.Errorf("got %+v, want /w created", e)
		}
		_, ends, err := zc.ChildrenW(ctx, "/w")
		if err != nil {
			t.Fatal(err)
		}
		l.cut()
		time.Sleep(2 * timeout)
		l.mend()
		if e := <-ends.C; e.Type != zkconn.Ended {
			t.Errorf("got %+v, want that the watch has ended after the session expired", e)
		}
	})
}

func TestChrootIsInvisible(t *testing.T) {
	bubble(t, func(t *testing.T, srv *zkembed.Server) {
		whole, _ := open(t, srv, "")
		ctx := t.Context()
		if _, err := whole.Create(ctx, "/box", nil, zkconn.Persistent); err != nil {
			t.Fatal(err)
		}
		boxed, _ := open(t, srv, "/box")
		_, fires, err := boxed.ExistsW(ctx, "/in")
		if err != nil {
			t.Fatal(err)
		}
		if p, err := boxed.Create(ctx, "/in", nil, zkconn.Persistent); err != nil || p != "/in" {
			t.Errorf("got %s, %v; want /in", p, err)
		}
		if e := <-fires.C; e.Type != zkconn.NodeCreated {
			t.Errorf("got %+v, want that /in was created", e)
		}
		if names, err := boxed.Children(ctx, "/"); err != nil || len(names) != 1 {
			t.Errorf("children of /: got %v, %v", names, err)
		}
		if stat, err := whole.Exists(ctx, "/box/in"); stat == nil || err != nil {
			t.Errorf("from outside: got %v, %v; want /box/in", stat, err)
		}
	})
}

func TestCloseEndsEverything(t *testing.T) {
	bubble(t, func(t *testing.T, srv *zkembed.Server) {
		for _, cut := range []bool{false, true} {
			zc, l := open(t, srv, "")
			_, watch, err := zc.ChildrenW(t.Context(), "/")
			if err != nil {
				t.Fatal(err)
			}
			states, stop := zc.Listen()
			defer stop()
			if cut {
				l.cut()
			}
			start := time.Now()
			zc.Close()
			if d := time.Since(start); d > time.Second {
				t.Errorf("cut %v: Close took %v", cut, d)
			}
			if e := <-watch.C; e.Type != zkconn.Ended {
				t.Errorf("cut %v: got %+v, want that the watch has ended", cut, e)
			}
			for range states {
			}
			if _, err := zc.Exists(t.Context(), "/"); !errors.Is(err, zkconn.ErrClosed) {
				t.Errorf("cut %v: after Close got %v, want ErrClosed", cut, err)
			}
		}
	})
}
