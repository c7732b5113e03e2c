package zkembed

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"oakmoot/internal/zk/zkwire"
)

// Session is a session as the server sees it.
type Session struct {
	ID         SessionID
	Timeout    time.Duration
	Name       string // that NameSession gave it
	Remote     string // address of its connection, "" while it has none
	Ephemerals int
	Expires    time.Time // unless its client is heard of
}

// Node is a znode.
type Node struct {
	Path string
	Data []byte
	Stat Stat
}

// Stat is a node's metadata as clients see it.
type Stat = zkwire.Stat

// NodeVersion counts the changes of a node's data, children or ACL.
type NodeVersion = zkwire.Version

// ErrNoSession is the error for a session that does not exist, or no longer.
var ErrNoSession = errors.New("zkembed: no such session")

// Sessions lists the sessions by their ids.
func (s *Server) Sessions(ctx context.Context) ([]Session, error) {
	return s.listSessions(ctx, func(*session) bool { return true })
}

func (s *Server) listSessions(ctx context.Context, wanted func(*session) bool) ([]Session, error) {
	list, err := ask(ctx, s, func(st *state) []Session { return st.listSessions(wanted) })
	slices.SortFunc(list, func(a, b Session) int { return cmp.Compare(a.ID, b.ID) })
	return list, err
}

// ask has f answer from the state. The answer of one that ctx did not wait for is
// nobody's: the state may come to it later.
func ask[T any](ctx context.Context, s *Server, f func(*state) T) (T, error) {
	answer := make(chan T, 1)
	err := s.call(ctx, func(st *state) error {
		answer <- f(st)
		return nil
	})
	if err != nil {
		var none T
		return none, err
	}
	return <-answer, nil
}

// listSessions lists them in no order.
func (st *state) listSessions(wanted func(*session) bool) []Session {
	var list []Session
	for id, sess := range st.sessions.byID {
		if !wanted(sess) {
			continue
		}
		one := Session{
			ID: id, Name: sess.name, Timeout: sess.timeout,
			Ephemerals: len(st.tree.ephemerals[int64(id)]), Expires: st.expires(sess),
		}
		if sess.conn != nil {
			one.Remote = sess.conn.net.RemoteAddr().String()
		}
		list = append(list, one)
	}
	return list
}

// Look is what Walk yields for each of the paths, and Sessions, all of the same moment:
// every session that owns a node is among the sessions.
func (s *Server) Look(ctx context.Context, paths ...string) (nodes []Node, sessions []Session, err error) {
	type seen struct {
		nodes    []Node
		sessions []Session
	}
	l, err := ask(ctx, s, func(st *state) (l seen) {
		for _, path := range paths {
			l.nodes = append(l.nodes, st.nodesBelow(path)...)
		}
		l.sessions = st.listSessions(func(*session) bool { return true })
		return l
	})
	nodes, sessions = l.nodes, l.sessions
	slices.SortFunc(nodes, func(a, b Node) int { return comparePaths(a.Path, b.Path) })
	slices.SortFunc(sessions, func(a, b Session) int { return cmp.Compare(a.ID, b.ID) })
	return nodes, sessions, err
}

// nodesBelow are the node at a path and all below it, in no order.
func (st *state) nodesBelow(path string) []Node {
	var nodes []Node
	if st.tree.lookup(path) != nil {
		st.tree.walk(path, func(p string, n *znode) { nodes = append(nodes, Node{p, n.data(), n.wireStat()}) })
	}
	return nodes
}

// Expire ends a session at once, as if its timeout had passed: its ephemerals go,
// and its client learns of it when it connects again.
func (s *Server) Expire(ctx context.Context, id SessionID) error {
	return s.withSession(ctx, id, func(st *state, sess *session) { st.expire(sess) })
}

// Disconnect closes a session's connection and leaves the session.
func (s *Server) Disconnect(ctx context.Context, id SessionID) error {
	return s.withSession(ctx, id, func(st *state, sess *session) {
		if c := sess.conn; c != nil {
			st.detach(c)
			st.hangUp(c)
		}
	})
}

// NameSession gives a session a name, for the rules that go by names and for
// listings. It keeps it as long as the process lives.
func (s *Server) NameSession(ctx context.Context, id SessionID, name string) error {
	return s.withSession(ctx, id, func(_ *state, sess *session) { sess.name = name })
}

// Age sets a session's clock ahead: by so much, it has not been heard of for longer
// than it was. Past its timeout it expires at once. A negative duration gives it as
// much more time. What is heard of it next sets its clock right.
func (s *Server) Age(ctx context.Context, id SessionID, by time.Duration) error {
	return s.withSession(ctx, id, func(st *state, sess *session) {
		latest := sess.deadline - by.Milliseconds() // up to a bucket behind its timeout
		if latest <= st.now+st.sessions.bucket {
			st.expire(sess)
			return
		}
		st.sessions.moveTo(sess, latest-1)
	})
}

func (s *Server) withSession(ctx context.Context, id SessionID, f func(*state, *session)) error {
	return s.call(ctx, func(st *state) error {
		sess := st.sessions.byID[id]
		if sess == nil {
			return fmt.Errorf("session 0x%x: %w", int64(id), ErrNoSession)
		}
		f(st, sess)
		return nil
	})
}

// Walk calls each for the node at path and all below it, parents first and
// siblings in the order of their names, as they are at one moment. A path that
// does not exist is walked as empty.
func (s *Server) Walk(ctx context.Context, path string, each func(Node) error) error {
	nodes, err := ask(ctx, s, func(st *state) []Node { return st.nodesBelow(path) })
	if err != nil {
		return err
	}
	slices.SortFunc(nodes, func(a, b Node) int { return comparePaths(a.Path, b.Path) })
	for _, n := range nodes {
		if err := each(n); err != nil {
			return err
		}
	}
	return nil
}

// comparePaths orders paths part by part.
func comparePaths(a, b string) int {
	return slices.Compare(strings.Split(strings.TrimSuffix(a, "/"), "/"), strings.Split(strings.TrimSuffix(b, "/"), "/"))
}

// Dump is the whole tree as text, a line a node, for the log of a failed test.
func (s *Server) Dump(ctx context.Context) (string, error) {
	var b strings.Builder
	err := s.Walk(ctx, "/", func(n Node) error {
		fmt.Fprintf(&b, "%s", n.Path)
		if n.Stat.EphemeralOwner != 0 {
			fmt.Fprintf(&b, " [0x%x]", int64(n.Stat.EphemeralOwner))
		}
		if len(n.Data) > 0 {
			fmt.Fprintf(&b, " %q", n.Data)
		}
		b.WriteByte('\n')
		return nil
	})
	return b.String(), err
}

// Restart ends every connection and begins a new life, as a server that goes down
// and comes back does: with a data directory, from what is in it. Sessions,
// ephemerals and data stay, and each session gets its whole timeout again. It
// returns once the server serves again; who connects in between is refused.
func (s *Server) Restart(ctx context.Context) error {
	before := s.present()
	if before == nil {
		return ErrNotRunning
	}
	if err := before.call(ctx, func(st *state) error { st.ending = errRestart; return nil }); err != nil {
		return err
	}
	select {
	case <-before.replaced:
		if s.present() == nil {
			return ErrNotRunning
		}
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
