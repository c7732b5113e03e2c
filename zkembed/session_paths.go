package zkembed

import (
	"context"
	"iter"
	"slices"

	"oakmoot/internal/zk/zkwire"
)

// pathsBySession lists pairs of a session and a path by the session, each with its paths
// in order.
func pathsBySession(ctx context.Context, l *lives, of func(*state) iter.Seq[sessionPath]) (map[SessionID][]string, error) {
	t, err := l.turns(ctx)
	if err != nil {
		return nil, err
	}
	pairs, err := listed(t, of)
	if err != nil {
		return nil, err
	}
	all := map[SessionID][]string{}
	for _, p := range pairs {
		id := SessionID(p.session)
		all[id] = append(all[id], p.path)
	}
	for id, paths := range all {
		slices.Sort(paths)
		all[id] = slices.Compact(paths) // one that went and came again
	}
	return all, nil
}

// sessionPath is a path of a session's: that it watches, or of an ephemeral.
type sessionPath struct {
	conn    int64 // the connection's number
	session zkwire.SessionID
	path    string
}

func watched(s *state) iter.Seq[sessionPath] { return s.watches.watched() }

// owned are the ephemerals.
func owned(s *state) iter.Seq[sessionPath] {
	return func(yield func(sessionPath) bool) {
		for owner, path := range s.tree.Owners.All() {
			if !yield(sessionPath{session: owner, path: path}) {
				return
			}
		}
	}
}
