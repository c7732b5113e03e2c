package zkembed

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"oakmoot/internal/zk/zkwire"
	"oakmoot/zkembed/internal/tree"
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

// nodeOf is a node for a caller.
func nodeOf(path string, n *tree.Node) Node { return Node{path, n.Data(), statOf(n.Stat())} }

// everySession is for sessionsOf.
func everySession(*session) bool { return true }

// sessionsOf lists the wanted sessions in no order.
func sessionsOf(st *state, wanted func(*session) bool) []Session {
	var list []Session
	for id, sess := range st.sessions.byID {
		if !wanted(sess) {
			continue
		}
		one := Session{
			ID: SessionID(id), Name: sess.name, Timeout: sess.timeout,
			Ephemerals: st.tree.Owners.NumberOf(id), Expires: st.clock.at(sess.deadline),
		}
		if sess.conn != nil {
			one.Remote = sess.conn.net.RemoteAddr().String()
		}
		list = append(list, one)
	}
	return list
}

// sessionList lists the wanted sessions by their ids.
func sessionList(ctx context.Context, l *lives, wanted func(*session) bool) ([]Session, error) {
	list, err := ask(ctx, l, func(st *state) []Session { return sessionsOf(st, wanted) })
	sortSessions(list)
	return list, err
}

func sortSessions(list []Session) {
	slices.SortFunc(list, func(a, b Session) int { return cmp.Compare(a.ID, b.ID) })
}

// withSession runs f on the state for a session that exists.
func withSession(ctx context.Context, l *lives, id SessionID, f func(*state, *session)) error {
	return l.call(ctx, func(st *state) error {
		sess := st.sessions.byID[zkwire.SessionID(id)]
		if sess == nil {
			return fmt.Errorf("session 0x%x: %w", int64(id), ErrNoSession)
		}
		f(st, sess)
		return nil
	})
}

// look takes nodes and sessions at one moment, and sorts them afterwards.
func look(ctx context.Context, l *lives, paths []string) (nodes []Node, sessions []Session, err error) {
	type seen struct {
		nodes    []Node
		sessions []Session
	}
	all, err := ask(ctx, l, func(st *state) (s seen) {
		for _, path := range paths {
			s.nodes = append(s.nodes, nodesBelow(st.tree, path)...)
		}
		s.sessions = sessionsOf(st, everySession)
		return s
	})
	sortNodes(all.nodes)
	sortSessions(all.sessions)
	return all.nodes, all.sessions, err
}

// nodesBelow are the node at a path and all below it, in no order.
func nodesBelow(t *tree.Tree, path string) []Node {
	var nodes []Node
	t.Each(path, func(p string, n *tree.Node) { nodes = append(nodes, nodeOf(p, n)) })
	return nodes
}

func sortNodes(nodes []Node) {
	slices.SortFunc(nodes, func(a, b Node) int { return tree.ComparePaths(a.Path, b.Path) })
}

// page takes some nodes at one moment.
func page(ctx context.Context, l *lives, path, after string, limit, bytes int) ([]Node, error) {
	return ask(ctx, l, func(st *state) (nodes []Node) {
		tree.EachAfter(st.tree, path, after, limit, func(p string, n *tree.Node) bool {
			nodes = append(nodes, nodeOf(p, n))
			bytes -= n.Size()
			return len(nodes) < limit && bytes > 0
		})
		return nodes
	})
}
