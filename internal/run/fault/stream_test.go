package fault_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"oakmoot/internal/run/fault"
)

func arm(t *testing.T, l *fault.Link, e fault.Effect, r fault.Rule) *fault.Armed {
	t.Helper()
	a, err := l.Arm(e, r)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestDelayOfOneDirectionLeavesTheOther(t *testing.T) {
	bubble(t, func(t *testing.T, r rig) {
		late := arm(t, r.link, fault.Late{By: time.Second}, fault.Rule{Way: fault.From})
		start := time.Now()
		send(t, r.node, "out")
		if d := receive(t, r.peer, "out").Sub(start); d != 0 {
			t.Errorf("out arrived after %v, want at once", d)
		}
		send(t, r.peer, "in")
		if d := receive(t, r.node, "in").Sub(start); d != time.Second {
			t.Errorf("in arrived after %v, want 1s", d)
		}
		if c := late.Touched(); c.Bytes != 2 {
			t.Errorf("touched %+v, want 2 bytes", c)
		}
	})
}

func TestDelayedBytesArriveWhenTheDelayIsGone(t *testing.T) {
	bubble(t, func(t *testing.T, r rig) {
		undo := r.link.Delay(nil, 24*time.Hour, 0)
		send(t, r.node, "out")
		send(t, r.peer, "in")
		silent(t, "peer", r.peer)
		start := time.Now()
		undo()
		receive(t, r.peer, "out")
		receive(t, r.node, "in")
		if d := time.Since(start); d != 0 {
			t.Errorf("arrived after %v, want at once", d)
		}
	})
}

func TestBandwidthIsEvenAndSharedByConnections(t *testing.T) {
	bubble(t, func(t *testing.T, r rig) {
		second, err := r.link.DialHTTP(t.Context(), "tcp", "127.0.0.1:1")
		if err != nil {
			t.Fatal(err)
		}
		far, err := r.ln.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer far.Close()
		arm(t, r.link, fault.Bandwidth{Rate: 1000}, fault.Rule{Way: fault.To})
		start := time.Now()
		text := strings.Repeat("x", 1000)
		send(t, r.node, text)
		send(t, second, text)
		for i := range 20 { // 50 bytes each 50 ms
			want := time.Duration(i+1) * 50 * time.Millisecond
			if d := receive(t, r.peer, text[:50]).Sub(start); d != want {
				t.Errorf("slice %d arrived after %v, want %v", i, d, want)
			}
		}
		if d := receive(t, far, text).Sub(start); d != 2*time.Second {
			t.Errorf("the second connection was done after %v, want 2s", d)
		}
		send(t, r.peer, text)
		if d := receive(t, r.node, text).Sub(start); d != 2*time.Second {
			t.Errorf("the other direction took until %v, want it not to be limited", d)
		}
	})
}

func TestBandwidthMakesALongWriteWait(t *testing.T) {
	bubble(t, func(t *testing.T, r rig) {
		arm(t, r.link, fault.Bandwidth{Rate: 1 << 20}, fault.Rule{})
		start := time.Now()
		const size = 16 << 20
		go io.CopyN(io.Discard, r.peer, size)
		send(t, r.node, strings.Repeat("x", size))
		if d := time.Since(start); d < 11*time.Second || d > 13*time.Second {
			t.Errorf("16 MiB at 1 MiB/s were taken after %v, want some 12s: 4 MiB are on their way", d)
		}
		r.node.SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
		if _, err := io.WriteString(r.node, strings.Repeat("x", size)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("write with a deadline: got %v", err)
		}
	})
}

func TestHeldUpWriterIsToldWhenTheLineIsFull(t *testing.T) {
	bubble(t, func(t *testing.T, r rig) {
		undo := r.link.Partition(nil, fault.To)
		n, err := io.WriteString(r.node, strings.Repeat("x", 5<<20))
		if !errors.Is(err, os.ErrDeadlineExceeded) || n < 4<<20 || n >= 5<<20 {
			t.Errorf("wrote %d bytes, %v; want 4 MiB and a timeout", n, err)
		}
		undo()
		if _, err := io.CopyN(io.Discard, r.peer, int64(n)); err != nil {
			t.Errorf("what was taken does not arrive: %v", err)
		}
	})
}

func TestRefuseBreaksConnectionsAndRefusesNewOnes(t *testing.T) {
	bubble(t, func(t *testing.T, r rig) {
		zookeeper := func(p fault.Peer) bool { return p.ZooKeeper }
		other := arm(t, r.link, fault.Refuse{}, fault.Rule{Peers: zookeeper})
		send(t, r.node, "x")
		receive(t, r.peer, "x")
		refused := arm(t, r.link, fault.Refuse{}, fault.Rule{})
		if _, err := r.node.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("read: got %v, want a reset", err)
		}
		if _, err := r.link.DialHTTP(t.Context(), "tcp", "127.0.0.1:1"); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("dial: got %v, want it refused", err)
		}
		refused.Undo()
		if _, err := r.link.DialHTTP(t.Context(), "tcp", "127.0.0.1:1"); err != nil {
			t.Errorf("dial afterwards: %v", err)
		}
		if c := refused.Touched(); c.Connections != 2 {
			t.Errorf("touched %+v, want both connections", c)
		}
		if c := other.Touched(); c.Connections != 0 {
			t.Errorf("the refusal of another peer touched %+v", c)
		}
	})
}

func TestRefuseTheFirstDials(t *testing.T) {
	bubble(t, func(t *testing.T, r rig) {
		r.node.Close()
		arm(t, r.link, fault.Refuse{}, fault.Rule{Times: 2})
		for i := range 3 {
			c, err := r.link.DialHTTP(t.Context(), "tcp", "127.0.0.1:1")
			if refused := errors.Is(err, syscall.ECONNREFUSED); refused != (i < 2) {
				t.Errorf("dial %d: got %v", i, err)
			}
			if err == nil {
				c.Close()
			}
		}
	})
}

func TestResetAfterSomeBytes(t *testing.T) {
	bubble(t, func(t *testing.T, r rig) {
		armed := arm(t, r.link, fault.Reset{Bytes: 10}, fault.Rule{})
		send(t, r.node, "1234567")
		send(t, r.peer, "89")
		receive(t, r.node, "89")
		send(t, r.node, "0 and more")
		if got, err := io.ReadAll(r.peer); string(got) != "12345670" || err != nil {
			t.Errorf("peer: got %q, %v; want the first ten bytes of both directions", got, err)
		}
		if _, err := r.node.Write([]byte("x")); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("write: got %v, want a reset", err)
		}
		if c := armed.Touched(); c.Connections != 1 {
			t.Errorf("touched %+v", c)
		}
	})
}

// A real socket shows a reset to the peer too.
func TestResetIsOneForAPeerOnASocket(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	link := fault.NewLink((&net.Dialer{}).DialContext, random())
	if _, err := link.DialHTTP(context.Background(), "tcp", ln.Addr().String()); err != nil {
		t.Fatal(err)
	}
	peer, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	arm(t, link, fault.Refuse{}, fault.Rule{})
	if _, err := peer.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("got %v, want a reset", err)
	}
}

func TestCalmTakesEveryFaultAway(t *testing.T) {
	bubble(t, func(t *testing.T, r rig) {
		arm(t, r.link, fault.Hold{}, fault.Rule{})
		arm(t, r.link, fault.Late{By: 24 * time.Hour}, fault.Rule{})
		r.link.Pause()
		send(t, r.node, "x")
		start := time.Now()
		r.link.Calm()
		if d := receive(t, r.peer, "x").Sub(start); d != 0 || r.link.Paused() {
			t.Errorf("arrived after %v, paused %v", d, r.link.Paused())
		}
	})
}
