package zkconn_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/run/memnet"
	"oakmoot/internal/zk/zkconn"
	"oakmoot/zkembed"
)

// way is a dialer whose other end can be replaced, and which counts.
type way struct {
	mu    sync.Mutex // guards the fields below
	to    func(context.Context) (net.Conn, error)
	dials int
	conns []net.Conn
}

func (w *way) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	w.mu.Lock()
	w.dials++
	to := w.to
	w.mu.Unlock()
	c, err := to(ctx)
	if err == nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.conns = append(w.conns, c)
	}
	return c, err
}

// lead ends all connections; from now on the way leads elsewhere.
func (w *way) lead(to func(context.Context) (net.Conn, error)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.to, w.dials = to, 0
	for _, c := range w.conns {
		c.Close()
	}
	w.conns = nil
}

func (w *way) dialled() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.dials
}

// joined opens a connection by a way to a server in memory with current zxids.
func joined(t *testing.T, log hclog.Logger) (zkconn.Conn, *way) {
	t.Helper()
	srv := zkembed.RunT(t, zkembed.Options{Network: memnet.New(), Tick: 500 * time.Millisecond})
	w := &way{to: srv.Dial}
	zc, err := zkconn.Open(t.Context(), zkconn.Options{Servers: []string{"127.0.0.1:2181"}, SessionTimeout: timeout, Dial: w.dial, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(zc.Close)
	if _, err := zc.Exists(t.Context(), "/"); err != nil { // by now it has seen a zxid
		t.Fatal(err)
	}
	return zc, w
}

// older is a server whose zxids begin at 0, like one with a new data directory.
func older(t *testing.T) *zkembed.Server {
	return zkembed.RunT(t, zkembed.Options{Network: memnet.New(), Tick: 500 * time.Millisecond, DataDir: t.TempDir()})
}

func TestServerWithoutTheHistoryIsJoinedOnceTheSessionIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		zc, w := joined(t, nil)
		_, _, watch, err := zc.GetW(t.Context(), "/")
		if err != nil {
			t.Fatal(err)
		}
		states, stop := zc.Listen()
		defer stop()
		before, id := older(t), zc.SessionID()
		start := time.Now()
		w.lead(before.Dial)
		if a, b := <-states, <-states; a != zkconn.Suspended || b != zkconn.Lost {
			t.Fatalf("got %v, %v; want Suspended, Lost", a, b)
		}
		if took := time.Since(start); took != timeout {
			t.Errorf("lost after %v, want %v", took, timeout)
		}
		if s := <-states; s != zkconn.Reconnected || zc.SessionID() == id {
			t.Errorf("got %v with session 0x%x; want Reconnected with a new one", s, zc.SessionID())
		}
		if took := time.Since(start); took > timeout+time.Second {
			t.Errorf("back after %v, want at most %v", took, timeout+time.Second)
		}
		if n := w.dialled(); n > 20 {
			t.Errorf("got %d attempts, want at most 20", n)
		}
		if e := <-watch.C; e.Type != zkconn.Ended {
			t.Errorf("a watch of the old session has seen %+v, want its end", e)
		}
		if _, err := zc.Create(t.Context(), "/x", nil, zkconn.Ephemeral); err != nil {
			t.Error(err)
		}
	})
}

func TestAttemptsAreFewWhileConnectionsAreRefused(t *testing.T) {
	refused := errors.New("refused")
	for name, to := range map[string]func(context.Context) (net.Conn, error){
		"hung up on": func(context.Context) (net.Conn, error) {
			mine, theirs := net.Pipe()
			theirs.Close()
			return mine, nil
		},
		"no answer": func(context.Context) (net.Conn, error) {
			mine, theirs := net.Pipe()
			go func() {
				for b := make([]byte, 64); ; {
					if _, err := theirs.Read(b); err != nil {
						return
					}
				}
			}()
			return mine, nil
		},
		"nobody there": func(context.Context) (net.Conn, error) { return nil, refused },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var text bytes.Buffer
				var mu sync.Mutex
				zc, w := joined(t, hclog.New(&hclog.LoggerOptions{Output: &text, Level: hclog.Debug, Mutex: &mu}))
				states, stop := zc.Listen()
				defer stop()
				w.lead(to)
				time.Sleep(time.Hour)
				if n := w.dialled(); n > 36_010 {
					t.Errorf("got %d attempts in an hour, want at most ten a second", n)
				}
				mu.Lock()
				size := text.Len()
				mu.Unlock()
				if size > 4<<10 {
					t.Errorf("got %d bytes of log in an hour, want few:\n%.2000s", size, text.String())
				}
				w.lead(older(t).Dial)
				for s := range states {
					if s == zkconn.Reconnected {
						break
					}
				}
			})
		})
	}
}

// A session that its server still knows is resumed until it is given up.
func TestSessionResumesWhenItsServerIsBackInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		zc, w := joined(t, nil)
		to, id := w.to, zc.SessionID()
		states, stop := zc.Listen()
		defer stop()
		w.lead(older(t).Dial)
		time.Sleep(timeout / 2)
		w.lead(to)
		if a, b := <-states, <-states; a != zkconn.Suspended || b != zkconn.Reconnected || zc.SessionID() != id {
			t.Errorf("got %v, %v and session 0x%x; want Suspended, Reconnected and 0x%x", a, b, zc.SessionID(), id)
		}
	})
}
