package fault_test

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-zookeeper/zk"

	"oakmoot/internal/run/fault"
	"oakmoot/internal/run/memnet"
	"oakmoot/zkembed"
)

// rig is a link with an open connection through it.
type rig struct {
	link       *fault.Link
	ln         net.Listener
	node, peer net.Conn
}

// bubble runs f with a rig in virtual time.
func bubble(t *testing.T, f func(t *testing.T, r rig)) {
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New()
		ln, err := n.Listen("127.0.0.1:1")
		if err != nil {
			t.Fatal(err)
		}
		link := fault.NewLink(n.DialContext, rand.New(rand.NewPCG(1, 1)))
		node, err := link.DialHTTP(t.Context(), "tcp", "127.0.0.1:1")
		if err != nil {
			t.Fatal(err)
		}
		peer, err := ln.Accept()
		if err != nil {
			t.Fatal(err)
		}
		f(t, rig{link, ln, node, peer})
		link.Cut()
		peer.Close()
		ln.Close()
	})
}

func send(t *testing.T, c net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatalf("write %q: %v", text, err)
	}
}

// receive reads exactly as many bytes, and returns when they came.
func receive(t *testing.T, c net.Conn, want string) time.Time {
	t.Helper()
	b := make([]byte, len(want))
	if _, err := io.ReadFull(c, b); err != nil || string(b) != want {
		t.Fatalf("got %q, %v; want %q", b, err, want)
	}
	return time.Now()
}

func TestPauseHoldsUpBothWaysAndLosesNothing(t *testing.T) {
	bubble(t, func(t *testing.T, r rig) {
		send(t, r.peer, "in")
		undo := r.link.Pause()
		if !r.link.Paused() {
			t.Error("Paused is false")
		}
		send(t, r.node, "out")
		start := time.Now()
		go func() { time.Sleep(time.Minute); undo() }()
		if d := receive(t, r.peer, "out").Sub(start); d != time.Minute {
			t.Errorf("out arrived after %v, want 1m", d)
		}
		receive(t, r.node, "in")
		send(t, r.node, "again")
		receive(t, r.peer, "again")
	})
}

func TestPartitionInOneDirectionLetsTheOtherThrough(t *testing.T) {
	bubble(t, func(t *testing.T, r rig) {
		undo := r.link.Partition(nil, fault.To)
		send(t, r.node, "lost for now")
		send(t, r.peer, "arrives")
		receive(t, r.node, "arrives")
		r.peer.SetReadDeadline(time.Now().Add(time.Hour))
		if _, err := r.peer.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("peer read: got %v, want nothing for an hour", err)
		}
		r.peer.SetReadDeadline(time.Time{})
		undo()
		receive(t, r.peer, "lost for now")
	})
}

func TestHeldUpReaderHonoursItsDeadline(t *testing.T) {
	bubble(t, func(t *testing.T, r rig) {
		undo := r.link.Partition(nil, fault.From)
		send(t, r.peer, "x")
		start := time.Now()
		r.node.SetReadDeadline(start.Add(4 * time.Second))
		if _, err := r.node.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) != 4*time.Second {
			t.Errorf("got %v after %v, want a deadline after 4s", err, time.Since(start))
		}
		undo()
		r.node.SetReadDeadline(time.Time{})
		receive(t, r.node, "x")
	})
}

func TestPartitionNamesItsPeers(t *testing.T) {
	bubble(t, func(t *testing.T, r rig) {
		defer r.link.Partition(func(p fault.Peer) bool { return p.ZooKeeper }, fault.Both)()
		send(t, r.node, "to http")
		receive(t, r.peer, "to http")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := r.link.DialZK(ctx, "tcp", "127.0.0.1:1"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("dial into the partition: got %v, want it to hang", err)
		}
	})
}

func TestClosedDuringAPartitionIsSeenByThePeerAfterIt(t *testing.T) {
	bubble(t, func(t *testing.T, r rig) {
		undo := r.link.Partition(nil, fault.Both)
		send(t, r.node, "last words")
		r.node.Close()
		r.peer.SetReadDeadline(time.Now().Add(time.Hour))
		if _, err := r.peer.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("peer read during the partition: got %v, want silence", err)
		}
		r.peer.SetReadDeadline(time.Time{})
		undo()
		if got, err := io.ReadAll(r.peer); string(got) != "last words" || err != nil {
			t.Errorf("after it: got %q, %v; want the last words and the end", got, err)
		}
	})
}

func TestDelayIsInOrderAndLosesNothing(t *testing.T) {
	bubble(t, func(t *testing.T, r rig) {
		defer r.link.Delay(nil, time.Second, 500*time.Millisecond)()
		start := time.Now()
		send(t, r.node, "a")
		send(t, r.node, "b")
		if d := receive(t, r.peer, "ab").Sub(start); d < time.Second || d > 3*time.Second {
			t.Errorf("arrived after %v, want 1s to 1.5s each", d)
		}
		send(t, r.peer, "c")
		start = time.Now()
		if d := receive(t, r.node, "c").Sub(start); d < time.Second {
			t.Errorf("answer arrived after %v, want 1s at least", d)
		}
	})
}

func TestDelayMakesLateAndNotSlow(t *testing.T) {
	bubble(t, func(t *testing.T, r rig) {
		defer r.link.Delay(nil, time.Second, 0)()
		start := time.Now()
		go func() {
			for range 50 {
				send(t, r.peer, "x")
				time.Sleep(10 * time.Millisecond)
			}
		}()
		for i := range 50 {
			want := time.Second + time.Duration(i)*10*time.Millisecond
			if d := receive(t, r.node, "x").Sub(start); d < want || d > want+20*time.Millisecond {
				t.Fatalf("byte %d arrived after %v, want %v", i, d, want)
			}
		}
	})
}

func TestReadDeadlineHoldsBehindADelay(t *testing.T) {
	bubble(t, func(t *testing.T, r rig) {
		undo := r.link.Delay(nil, time.Second, 0)
		send(t, r.peer, "x")
		if err := r.node.SetReadDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if _, err := r.node.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) != 100*time.Millisecond {
			t.Errorf("got %v after %v, want the deadline after 100ms", err, time.Since(start))
		}
		undo()
		if err := r.node.SetReadDeadline(time.Time{}); err != nil {
			t.Fatal(err)
		}
		receive(t, r.node, "x")
	})
}

func TestCutBreaksConnectionsAndRefusesDialsUntilHeal(t *testing.T) {
	bubble(t, func(t *testing.T, r rig) {
		r.link.Cut()
		if _, err := r.node.Read(make([]byte, 1)); err == nil {
			t.Error("read on a cut link: got no error")
		}
		if _, err := io.ReadAll(r.peer); err != nil {
			t.Errorf("peer: got %v, want the end", err)
		}
		if _, err := r.link.DialHTTP(t.Context(), "tcp", "127.0.0.1:1"); err == nil {
			t.Error("dial on a cut link: got no error")
		}
		r.link.Heal()
		c, err := r.link.DialHTTP(t.Context(), "tcp", "127.0.0.1:1")
		if err != nil {
			t.Fatalf("dial after Heal: %v", err)
		}
		c.Close()
	})
}

func TestExpireSessionFromOutside(t *testing.T) {
	srv := zkembed.RunT(t)
	link := fault.NewLink((&net.Dialer{}).DialContext, rand.New(rand.NewPCG(1, 1)))
	if err := link.ExpireSession(t.Context()); !errors.Is(err, fault.ErrNoSession) {
		t.Errorf("before any session: got %v, want ErrNoSession", err)
	}
	c, events, err := zk.Connect([]string{srv.Addr()}, 10*time.Second, zk.WithLogInfo(false), zk.WithDialer(func(n, a string, d time.Duration) (net.Conn, error) {
		return link.DialZK(context.Background(), n, a)
	}))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Create("/e", nil, zk.FlagEphemeral, zk.WorldACL(zk.PermAll)); err != nil {
		t.Fatal(err)
	}
	if err := link.ExpireSession(t.Context()); err != nil {
		t.Fatal(err)
	}
	for e := range events {
		if e.State == zk.StateExpired {
			break
		}
	}
	err = srv.Walk(t.Context(), "/e", func(n zkembed.Node) error {
		t.Errorf("its ephemeral %s is still there", n.Path)
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
