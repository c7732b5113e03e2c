package zkconn_test

import (
	"context"
	"encoding/binary"
	"net"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/zk/zkconn"
	"oakmoot/internal/zk/zkwire"
	"oakmoot/zkembed"
)

// A bubble fails when a goroutine is left. The test is for a race, so it tries often.
func TestCloseWhileTheLineIsCutLeavesNothingBehind(t *testing.T) {
	for range 300 {
		bubble(t, func(t *testing.T, srv *zkembed.Server) {
			zc, l := open(t, srv, "")
			for range 4 {
				go zc.Exists(t.Context(), "/")
			}
			synctest.Wait()
			for range 8 {
				go zc.Exists(t.Context(), "/")
			}
			go l.cut()
			zc.Close()
		})
	}
}

func TestWatchesAreSetAgainBeforeWaitingRequests(t *testing.T) {
	for name, test := range map[string]struct {
		watch, expire bool
		want          []zkwire.Op
		after         time.Duration // from the connection to the first request
	}{
		"a watch is out":             {true, false, []zkwire.Op{zkwire.OpSetWatches, zkwire.OpExists, zkwire.OpExists}, 0},
		"nothing is watched":         {false, false, []zkwire.Op{zkwire.OpExists, zkwire.OpExists}, 10 * time.Millisecond},
		"the watch had another life": {true, true, []zkwire.Op{zkwire.OpExists, zkwire.OpExists}, 10 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, srv *zkembed.Server) {
				l := &line{srv: srv}
				var tap ops
				zc, err := zkconn.Open(t.Context(), zkconn.Options{
					Servers: []string{"127.0.0.1:2181"}, SessionTimeout: timeout, Dial: tap.dial(l.dial),
				})
				if err != nil {
					t.Fatal(err)
				}
				defer zc.Close()
				if test.watch {
					if _, _, err := zc.ChildrenW(t.Context(), "/"); err != nil {
						t.Fatal(err)
					}
				}
				l.cut()
				synctest.Wait()
				if test.expire {
					if err := srv.Expire(t.Context(), zkembed.SessionID(zc.SessionID())); err != nil {
						t.Fatal(err)
					}
				}
				var waiting sync.WaitGroup
				for range 2 {
					waiting.Go(func() {
						if _, err := zc.Exists(t.Context(), "/"); err != nil {
							t.Error(err)
						}
					})
				}
				synctest.Wait()
				tap.forget()
				l.mend()
				waiting.Wait()
				if diff := cmp.Diff(test.want, tap.seen()); diff != "" {
					t.Errorf("requests (-want +got):\n%s", diff)
				}
				if waited := tap.between(); waited != test.after {
					t.Errorf("the first request went %v after the connection, want %v", waited, test.after)
				}
			})
		})
	}
}

// ops returns the requests sent over the newest connection, without connect and ping.
type ops struct {
	mu            sync.Mutex // guards the fields below
	all           []zkwire.Op
	dialled, sent time.Time
}

func (o *ops) dial(dial zkconn.DialFunc) zkconn.DialFunc {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		o.mu.Lock()
		defer o.mu.Unlock()
		o.dialled = time.Now()
		return &tapped{c, o, false}, nil
	}
}

func (o *ops) note(frame []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if op := zkwire.Op(int32(binary.BigEndian.Uint32(frame[8:]))); op != zkwire.OpPing {
		if len(o.all) == 0 {
			o.sent = time.Now()
		}
		o.all = append(o.all, op)
	}
}

func (o *ops) forget() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.all = nil
}

func (o *ops) seen() []zkwire.Op {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.all)
}

// between is the time from the newest connection to its first request.
func (o *ops) between() time.Duration {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.sent.Sub(o.dialled)
}

// tapped is a connection whose requests are recorded.
type tapped struct {
	net.Conn
	ops       *ops
	connected bool
}

func (c *tapped) Write(frame []byte) (int, error) {
	if c.connected {
		c.ops.note(frame)
	}
	c.connected = true
	return c.Conn.Write(frame)
}
