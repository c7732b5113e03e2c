package fault_test

import (
	"strings"
	"testing"

	"oakmoot/internal/run/fault"
	"oakmoot/internal/worldtest"
	"oakmoot/internal/zk/zkconn"
	"oakmoot/internal/zk/zkwire"
)

// These tests put the client that all roles use between the link and an embedded server.

// tree lists the children of the root, but ZooKeeper's own.
func tree(w *worldtest.World) []string {
	w.T.Helper()
	names, err := w.Conn.Children(w.T.Context(), "/a")
	w.Must(err)
	return names
}

func clientBubble(t *testing.T, f func(w *worldtest.World, link *fault.Link, c zkconn.Conn)) {
	worldtest.Bubble(t, func(t *testing.T, w *worldtest.World) {
		_, err := w.Conn.Create(t.Context(), "/a", nil, zkconn.Persistent)
		w.Must(err)
		link := w.Link()
		f(w, link, w.Open(link.DialZK))
	})
}

func TestCreateWhoseReplyIsLostTookEffect(t *testing.T) {
	clientBubble(t, func(w *worldtest.World, link *fault.Link, c zkconn.Conn) {
		rule := creates("/a/*")
		rule.Part, rule.Times = fault.Reply, 1
		lost := arm(w.T, link, fault.Lose{}, rule)
		_, err := c.Create(w.T.Context(), "/a/b", nil, zkconn.PersistentSequential)
		w.Must(err)
		if n := len(tree(w)); n != 2 {
			w.T.Errorf("%d nodes, want that of the lost reply and that of the second try", n)
		}
		if n := lost.Touched().Messages; n != 1 {
			w.T.Errorf("touched %d messages", n)
		}
	})
}

func TestCreateWhoseRequestIsLostTookNone(t *testing.T) {
	clientBubble(t, func(w *worldtest.World, link *fault.Link, c zkconn.Conn) {
		rule := creates("/a/*")
		rule.Part, rule.Times = fault.Request, 1
		lost := arm(w.T, link, fault.Lose{}, rule)
		_, err := c.Create(w.T.Context(), "/a/b", nil, zkconn.PersistentSequential)
		w.Must(err)
		if n := len(tree(w)); n != 1 {
			w.T.Errorf("%d nodes, want that of the second try", n)
		}
		if n := lost.Touched().Messages; n != 1 {
			w.T.Errorf("touched %d messages", n)
		}
	})
}

func TestCodeReachesTheCallerAndNotTheServer(t *testing.T) {
	clientBubble(t, func(w *worldtest.World, link *fault.Link, c zkconn.Conn) {
		arm(w.T, link, fault.Answer{Code: zkwire.NoAuth}, fault.Rule{ZK: &fault.Frames{Ops: []string{"write"}, Path: "/a/**"}})
		_, err := c.Create(w.T.Context(), "/a/b", nil, zkconn.Persistent)
		if err == nil || !strings.Contains(err.Error(), "not authorised") {
			w.T.Errorf("create: got %v, want it not to be authorised", err)
		}
		if _, err := c.Children(w.T.Context(), "/a"); err != nil || len(tree(w)) != 0 {
			w.T.Errorf("reads: got %v; nodes %v, want none", err, tree(w))
		}
	})
}
