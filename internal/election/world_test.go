package election_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/election"
	"oakmoot/internal/fault"
	"oakmoot/internal/memnet"
	"oakmoot/internal/zkconn"
	"oakmoot/zkembed"
)

const (
	sessionTimeout = 6 * time.Second
	latchDir       = "/druid/coordinator/_COORDINATOR"
)

// world is a ZooKeeper in a bubble.
type world struct {
	t   *testing.T
	net *memnet.Network
	srv *zkembed.Server
	zc  zkconn.Conn // the test's own
}

// bubble runs f in virtual time.
func bubble(t *testing.T, f func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, net: memnet.New()}
		w.srv = zkembed.RunT(t, zkembed.Options{Network: w.net, Tick: 500 * time.Millisecond})
		w.zc = w.open(w.net.DialContext)
		f(t, w)
	})
}

func (w *world) open(dial zkconn.DialFunc) zkconn.Conn {
	w.t.Helper()
	zc, err := zkconn.Open(w.t.Context(), zkconn.Options{Servers: []string{w.srv.Addr()}, SessionTimeout: sessionTimeout, Dial: dial})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(zc.Close)
	return zc
}

// candidate is one who takes part, on a link of its own.
type candidate struct {
	name string
	link *fault.Link
	zc   zkconn.Conn
	stop func() // a clean end

	mu    sync.Mutex // guards the fields below
	terms []int      // one for each time it began to lead
	leads bool
}

// join starts a candidate whose conn is changed by wrap, and waits until all is
// quiet.
func (w *world) join(name string, lead election.Lead, wrap ...func(zkconn.Conn) zkconn.Conn) *candidate {
	w.t.Helper()
	c := &candidate{name: name, link: fault.NewLink(w.net.DialContext, rand.New(rand.NewPCG(1, 1)))}
	c.zc = w.open(c.link.DialZK)
	conn := c.zc
	for _, f := range wrap {
		conn = f(conn)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- election.Run(ctx, conn, election.Options{Path: latchDir, ID: "http://" + name, Log: hclog.NewNullLogger()}, c.reign(lead))
	}()
	c.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			w.t.Errorf("candidate %s ended with %v, want nil", name, err)
		}
	})
	w.t.Cleanup(c.stop)
	synctest.Wait()
	return c
}

// reign notes when the candidate leads; lead is what it does meanwhile, nil to wait
// for the end.
func (c *candidate) reign(lead election.Lead) election.Lead {
	return func(ctx context.Context, term int) error {
		c.note(true, term)
		defer c.note(false, term)
		if lead != nil {
			return lead(ctx, term)
		}
		<-ctx.Done()
		return nil
	}
}

func (c *candidate) note(leads bool, term int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.leads = leads; leads {
		c.terms = append(c.terms, term)
	}
}

func (c *candidate) leading() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.leads
}

// led is the terms in which the candidate has led.
func (c *candidate) led() []int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.terms)
}

// leaders names who leads, once all is quiet.
func leaders(all ...*candidate) string {
	synctest.Wait()
	var names []string
	for _, c := range all {
		if c.leading() {
			names = append(names, c.name)
		}
	}
	return strings.Join(names, " ")
}

// queue is the payloads of the latch nodes, first in the queue first.
func (w *world) queue() string {
	w.t.Helper()
	var ids []string
	for _, path := range w.nodes() {
		data, _, err := w.zc.Get(w.t.Context(), path)
		if err != nil {
			w.t.Fatal(err)
		}
		ids = append(ids, strings.TrimPrefix(string(data), "http://"))
	}
	return strings.Join(ids, " ")
}

// nodes is the paths of the latch nodes, first in the queue first.
func (w *world) nodes() []string {
	w.t.Helper()
	synctest.Wait()
	names, err := w.zc.Children(w.t.Context(), latchDir)
	if err != nil {
		w.t.Fatal(err)
	}
	slices.SortFunc(names, func(a, b string) int { return strings.Compare(sequence(a), sequence(b)) })
	for i := range names {
		names[i] = latchDir + "/" + names[i]
	}
	return names
}

func sequence(name string) string { return name[strings.LastIndex(name, "-"):] }

// until waits for a state, at most five minutes of the bubble's time.
func (w *world) until(what string, cond func() bool) {
	w.t.Helper()
	for deadline := time.Now().Add(5 * time.Minute); !cond(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			dump, _ := w.srv.Dump(w.t.Context()) // only for the message
			w.t.Fatalf("never: %s\n%s", what, dump)
		}
	}
}

func (w *world) expect(what, got, want string) {
	w.t.Helper()
	if got != want {
		w.t.Errorf("%s: got %s, want %s", what, quote(got), quote(want))
	}
}

func quote(names string) string { return fmt.Sprintf("[%s]", names) }

func (w *world) delete(path string) {
	w.t.Helper()
	if err := w.zc.Delete(w.t.Context(), path, -1); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) expire(c *candidate) {
	w.t.Helper()
	if err := w.srv.Expire(w.t.Context(), zkembed.SessionID(c.zc.SessionID())); err != nil {
		w.t.Fatal(err)
	}
}
