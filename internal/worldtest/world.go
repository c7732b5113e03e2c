// Package worldtest is what the tests of the roles, and of what the roles are made
// of, live in: an embedded ZooKeeper on a network in memory, in the virtual time of
// a synctest bubble. A package's own world embeds a World and adds what it is about.
// Only tests import this package.
package worldtest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/run/fault"
	"oakmoot/internal/run/memnet"
	"oakmoot/internal/zk/zkconn"
	"oakmoot/internal/zk/zkpath"
	"oakmoot/zkembed"
)

// SessionTimeout is that of every connection of a World.
const SessionTimeout = 6 * time.Second

const (
	tick     = 500 * time.Millisecond // how exactly the server keeps SessionTimeout
	patience = time.Hour              // how long Until waits, in the bubble's time
)

// World is a ZooKeeper and the network that it is reached by. Its methods fail the test
// instead of returning an error. It is wide because each thing that tests do to a
// ZooKeeper is a method.
type World struct {
	T      *testing.T // the bubble's
	Net    *memnet.Network
	ZK     *zkembed.Server
	Conn   zkconn.Conn // the test's own
	Paths  zkpath.Paths
	Client *http.Client // follows no redirects

	logs    []*Log
	records []*Record
}

// Bubble runs f with a new World in a synctest bubble.
func Bubble(t *testing.T, f func(t *testing.T, w *World)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { f(t, newWorld(t)) })
}

func newWorld(t *testing.T) *World {
	t.Helper()
	w := &World{T: t, Net: memnet.New()}
	w.ZK = zkembed.RunT(t, zkembed.Options{Network: w.Net, Tick: tick})
	var err error
	w.Paths, err = zkpath.New(nil)
	w.Must(err)
	w.Client = &http.Client{
		Transport:     &http.Transport{DialContext: w.Net.DialContext, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	w.Conn = w.Open(w.Net.DialContext)
	return w
}

// Open connects to ZooKeeper until the test ends.
func (w *World) Open(dial zkconn.DialFunc) zkconn.Conn {
	w.T.Helper()
	zc, err := w.Opener(dial)(w.T.Context())
	w.Must(err)
	w.T.Cleanup(zc.Close)
	return zc
}

// Opener connects to ZooKeeper as often as it is called, for others to close.
func (w *World) Opener(dial zkconn.DialFunc) func(context.Context) (zkconn.Conn, error) {
	return func(ctx context.Context) (zkconn.Conn, error) {
		return zkconn.Open(ctx, zkconn.Options{
			Servers: []string{w.ZK.Addr()}, SessionTimeout: SessionTimeout, Dial: dial, Log: hclog.NewNullLogger(),
		})
	}
}

// Link is a way into the network that can misbehave, from a fixed seed.
func (w *World) Link() *fault.Link {
	return fault.NewLink(w.Net.DialContext, rand.New(rand.NewPCG(1, 1)))
}

// Expire ends the session of a connection as if its time were over.
func (w *World) Expire(zc zkconn.Conn) {
	w.T.Helper()
	w.Must(w.ZK.Expire(w.T.Context(), zkembed.SessionID(zc.SessionID())))
}

// Must ends the test on an error.
func (w *World) Must(err error) {
	w.T.Helper()
	if err != nil {
		w.T.Fatal(err)
	}
}

// Until waits for a state, at most an hour of the bubble's time. It looks less and
// less often, so that what takes long is seen a little late.
func (w *World) Until(what string, cond func() bool) {
	w.T.Helper()
	for start := time.Now(); !cond(); time.Sleep(max(10*time.Millisecond, time.Since(start)/100)) {
		if time.Since(start) > patience {
			w.T.Fatalf("never: %s\n%s", what, w.story())
		}
	}
}

// story is everything known about what has happened.
func (w *World) story() string {
	var b strings.Builder
	dump, _ := w.ZK.Dump(w.T.Context()) // the rest is worth reading without it
	fmt.Fprintln(&b, dump)
	for _, r := range w.records {
		for _, c := range r.All() {
			fmt.Fprintln(&b, c.Kind, c.Path)
		}
	}
	for _, l := range w.logs {
		fmt.Fprintln(&b, l)
	}
	return b.String()
}
