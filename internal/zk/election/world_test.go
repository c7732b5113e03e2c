package election_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/run/fault"
	"oakmoot/internal/worldtest"
	"oakmoot/internal/zk/election"
	"oakmoot/internal/zk/zkconn"
)

const latchDir = "/druid/coordinator/_COORDINATOR"

// world is a ZooKeeper in a bubble.
type world struct{ *worldtest.World }

// bubble runs f in virtual time.
func bubble(t *testing.T, f func(t *testing.T, w *world)) {
	t.Helper()
	worldtest.Bubble(t, func(t *testing.T, w *worldtest.World) { f(t, &world{w}) })
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
	w.T.Helper()
	c := &candidate{name: name, link: w.Link()}
	c.zc = w.Open(c.link.DialZK)
	conn := c.zc
	for _, f := range wrap {
		conn = f(conn)
	}
	o := election.Options{Path: latchDir, ID: "http://" + name, Log: hclog.NewNullLogger()}
	c.stop = w.Background("candidate "+name, func(ctx context.Context) error { return election.Run(ctx, conn, o, c.reign(lead)) })
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
	w.T.Helper()
	var ids []string
	for _, path := range w.nodes() {
		data, _, err := w.Conn.Get(w.T.Context(), path)
		if err != nil {
			w.T.Fatal(err)
		}
		ids = append(ids, strings.TrimPrefix(string(data), "http://"))
	}
	return strings.Join(ids, " ")
}

// nodes is the paths of the latch nodes, first in the queue first.
func (w *world) nodes() []string {
	w.T.Helper()
	synctest.Wait()
	names, err := w.Conn.Children(w.T.Context(), latchDir)
	if err != nil {
		w.T.Fatal(err)
	}
	slices.SortFunc(names, func(a, b string) int { return strings.Compare(sequence(a), sequence(b)) })
	for i := range names {
		names[i] = latchDir + "/" + names[i]
	}
	return names
}

func sequence(name string) string { return name[strings.LastIndex(name, "-"):] }

func (w *world) expect(what, got, want string) {
	w.T.Helper()
	if got != want {
		w.T.Errorf("%s: got %s, want %s", what, quote(got), quote(want))
	}
}

func quote(names string) string { return fmt.Sprintf("[%s]", names) }
