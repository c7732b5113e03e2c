package zkembed

import (
	"context"
	"errors"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Connection is a client's connection as the server sees it, as in cons.
type Connection struct {
	Remote         string
	Opened         time.Time
	Received, Sent int64
	Session        SessionID // 0 without one: somebody who asks a four-letter word
	Timeout        time.Duration
	LastOp         string // the latest operation, as cons names it: GETD, SETW, …
	LastXid        int32  // -1 before the first, as LastZxid
	LastZxid       Zxid
	LastAnswer     time.Time // zero before the first
	// Milliseconds from a request's arrival to its answer.
	LastLatency, MinLatency, AvgLatency, MaxLatency int64
}

// Connections lists the connections of all endpoints in the order in which they
// came.
func (s *Server) Connections(ctx context.Context) ([]Connection, error) {
	t, err := s.newTurns(ctx)
	if err != nil {
		return nil, err
	}
	var list []Connection
	for some := range slices.Chunk(t.life.connections(nil), turnSize) {
		told := make([]Connection, len(some))
		err := t.take(func(*state) {
			for i, c := range some {
				told[i] = c.told()
			}
		})
		if err != nil {
			return nil, err
		}
		list = append(list, told...)
	}
	return list, nil
}

func (c *conn) told() Connection {
	st := &c.stats
	out := Connection{
		Remote: c.net.RemoteAddr().String(), Opened: c.opened, Received: st.received, Sent: st.sent,
		LastOp: st.opCode(), LastXid: int32(st.lastXid), LastZxid: st.lastZxid, LastAnswer: st.lastAnswer,
		LastLatency: st.latency.last, MinLatency: st.latency.least, AvgLatency: int64(st.latency.average()), MaxLatency: st.latency.most,
	}
	if out.LastOp == "NA" {
		out.LastXid, out.LastZxid = -1, -1
	}
	if c.sess != nil {
		out.Session, out.Timeout = c.sess.id, c.sess.timeout
	}
	return out
}

// opCode is the latest operation's name in cons.
func (st *connStats) opCode() string {
	if code, known := opCodes[st.lastOp]; known {
		return code
	}
	return "NA"
}

// WatchCount is how many watches of data there are: those set by exists, getData and
// addWatch, as wchs counts them.
type WatchCount struct{ Connections, Paths, Watches int }

// WatchCount counts the watches.
func (s *Server) WatchCount(ctx context.Context) (WatchCount, error) {
	return ask(ctx, s, func(st *state) WatchCount {
		return WatchCount{len(st.data.byConn), len(st.data.byPath), st.data.total}
	})
}

// Watches lists the paths that each session watches, as wchc does. A long list takes
// many turns, in between of which others have theirs: a watch that is set or fires
// meanwhile may be in it or not.
func (s *Server) Watches(ctx context.Context) (map[SessionID][]string, error) {
	t, err := s.newTurns(ctx)
	if err != nil {
		return nil, err
	}
	pairs, err := listed(t, (*state).watched)
	if err != nil {
		return nil, err
	}
	watches := map[SessionID][]string{}
	for _, p := range pairs {
		watches[p.session] = append(watches[p.session], p.path)
	}
	return sortedPaths(watches), nil
}

// Ephemerals lists the paths of the ephemerals that each session owns, in turns as
// Watches does.
func (s *Server) Ephemerals(ctx context.Context) (map[SessionID][]string, error) {
	t, err := s.newTurns(ctx)
	if err != nil {
		return nil, err
	}
	pairs, err := listed(t, (*state).owned)
	if err != nil {
		return nil, err
	}
	owned := map[SessionID][]string{}
	for _, p := range pairs {
		owned[p.session] = append(owned[p.session], p.path)
	}
	return sortedPaths(owned), nil
}

func sortedPaths(bySession map[SessionID][]string) map[SessionID][]string {
	for _, paths := range bySession {
		slices.Sort(paths)
	}
	return bySession
}

// sessionPath is a path of a session's: that it watches, or of an ephemeral.
type sessionPath struct {
	conn    int64 // the connection's number
	session SessionID
	path    string
}

// watched are the paths with a watch of data.
func (s *state) watched() iter.Seq[sessionPath] {
	return func(yield func(sessionPath) bool) {
		for c, paths := range s.data.byConn {
			for path := range paths {
				if c.sess != nil && !yield(sessionPath{c.number, c.sess.id, path}) {
					return
				}
			}
		}
	}
}

// owned are the ephemerals.
func (s *state) owned() iter.Seq[sessionPath] {
	return func(yield func(sessionPath) bool) {
		for owner, paths := range s.tree.ephemerals {
			for path := range paths {
				if !yield(sessionPath{session: SessionID(owner), path: path}) {
					return
				}
			}
		}
	}
}

// ErrNoWord is the error for a four-letter word that there is not.
var ErrNoWord = errors.New("zkembed: no such four-letter word")

// Word is what a four-letter word is answered, at the first endpoint, whether or not
// it is on the whitelist; argument is the new mask of stmk, 8 bytes.
func (s *Server) Word(ctx context.Context, name string, argument []byte) (string, error) {
	answer, ok := words[name]
	if !ok || name == "stmk" && len(argument) != argumentSize {
		return "", ErrNoWord
	}
	t, err := s.newTurns(ctx)
	if err != nil {
		return "", err
	}
	var text strings.Builder
	err = answer(&question{turns: *t, at: s.endpoints[0], argument: argument, to: &text})
	return text.String(), err
}

// Options are the server's settings, with what was left out filled in.
func (s *Server) Options() Options { return s.opts }

// expires is when a session ends, unless its client is heard of.
func (s *state) expires(sess *session) time.Time {
	return s.clock.birth.Add(time.Duration(sess.deadline) * time.Millisecond)
}

// LastSnapshot is the zxid of the newest snapshot in a data directory, and when it
// was written: -1 and the zero time without one.
func LastSnapshot(dir string) (Zxid, time.Time, error) {
	if dir == "" {
		return -1, time.Time{}, nil
	}
	zxids, err := numbered(dir, snapshotPrefix)
	if err != nil || len(zxids) == 0 {
		return -1, time.Time{}, err
	}
	last := zxids[len(zxids)-1]
	info, err := os.Stat(filepath.Join(dir, snapshotName(last)))
	if err != nil {
		return -1, time.Time{}, err
	}
	return last, info.ModTime(), nil
}
