package worldtest

import (
	"errors"
	"slices"
	"strings"
	"testing/synctest"

	"oakmoot/internal/druid"
	"oakmoot/internal/zk/zkconn"
	"oakmoot/internal/zk/zkpath"
	"oakmoot/zkembed"
)

// Put makes a node with its parents, or changes what it holds.
func (w *World) Put(path, text string) {
	w.T.Helper()
	data := []byte(text)
	_, err := w.Conn.CreateParents(w.T.Context(), path, data, zkconn.Persistent)
	if errors.Is(err, zkconn.ErrNodeExists) {
		_, err = w.Conn.Set(w.T.Context(), path, data, -1)
	}
	w.Must(err)
}

// Delete removes a node, which has to be there.
func (w *World) Delete(path string) {
	w.T.Helper()
	w.Must(w.Conn.Delete(w.T.Context(), path, -1))
}

// Exists reports whether there is a node.
func (w *World) Exists(path string) bool {
	w.T.Helper()
	stat, err := w.Conn.Exists(w.T.Context(), path)
	w.Must(err)
	return stat != nil
}

// Stat is a node's stat once all is quiet, nil when there is no node.
func (w *World) Stat(path string) *zkconn.Stat {
	w.T.Helper()
	synctest.Wait()
	stat, err := w.Conn.Exists(w.T.Context(), path)
	w.Must(err)
	return stat
}

// Text is what a node holds once all is quiet, unpacked; "" when there is no node.
func (w *World) Text(path string) string {
	w.T.Helper()
	synctest.Wait()
	data, _, err := w.Conn.Get(w.T.Context(), path)
	if errors.Is(err, zkconn.ErrNoNode) {
		return ""
	}
	w.Must(err)
	return string(druid.Gunzip(data))
}

// Children are the paths of a node's children once all is quiet, in their order; none
// when there is no node.
func (w *World) Children(path string) []string {
	w.T.Helper()
	synctest.Wait()
	names, err := w.Conn.Children(w.T.Context(), path)
	if errors.Is(err, zkconn.ErrNoNode) {
		return nil
	}
	w.Must(err)
	slices.Sort(names)
	for i, name := range names {
		names[i] = zkpath.Join(path, name)
	}
	return names
}

// Tree is every node at and below a path with its text, unpacked, once all is quiet.
// The keys begin below the path.
func (w *World) Tree(path string) map[string]string {
	w.T.Helper()
	synctest.Wait()
	all := map[string]string{}
	w.Must(w.ZK.Walk(w.T.Context(), path, func(n zkembed.Node) error {
		all[strings.TrimPrefix(n.Path, path)] = string(druid.Gunzip(n.Data))
		return nil
	}))
	return all
}
