package cluster

import (
	"context"
	"math/rand/v2"
	"net"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"oakmoot/internal/run/fault"
	"oakmoot/internal/run/memnet"
)

// atHome is an address in memory, which nobody has yet.
func atHome() *address {
	n := memnet.New()
	return &address{net: n, link: fault.NewLink(n.DialContext, rand.New(rand.NewPCG(1, 1)))}
}

func TestAddressIsKeptForTheFirstIncarnation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := atHome()
		port, err := a.bind("127.0.0.1", 0)
		if err != nil || port == 0 {
			t.Fatalf("got port %d, %v", port, err)
		}
		hostPort := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
		if ln, err := a.net.Listen(hostPort); err == nil {
			_ = ln.Close()
			t.Error("somebody else could have it")
		}
		ln, err := a.listen(t.Context(), hostPort)
		if err != nil || ln.Addr().String() != hostPort {
			t.Fatalf("got %v, %v", ln, err)
		}
		a.unbind() // it is the incarnation's now
		if _, err := a.net.Listen(hostPort); err == nil {
			t.Error("the incarnation's listener was closed")
		}
		if err := ln.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestAddressIsTakenAgainOnceItIsFree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := atHome()
		other, err := a.net.Listen("127.0.0.1:8083")
		if err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(bindLimit/2, func() { _ = other.Close() })
		began := time.Now()
		ln, err := a.listen(t.Context(), "127.0.0.1:8083")
		if err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took < bindLimit/2 || took > bindLimit/2+2*bindRetry {
			t.Errorf("took %v, want %v", took, bindLimit/2)
		}
		began = time.Now()
		if _, err := a.listen(t.Context(), "127.0.0.1:8083"); err == nil || time.Since(began) != bindLimit {
			t.Errorf("got %v after %v, want an error after %v", err, time.Since(began), bindLimit)
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := a.listen(ended, "127.0.0.1:8083"); err == nil {
			t.Error("got a listener that somebody has")
		}
		_ = ln.Close() // the test is over
	})
}
