package zkembed

import (
	"context"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"time"

	"oakmoot/internal/zk/zkwire"
	"oakmoot/zkembed/internal/txnlog"
)

// Connection is a client's connection as the server sees it: a field for each that cons
// shows.
type Connection struct {
	Remote         string
	Opened         time.Time
	Received, Sent int64
	Session        SessionID // 0 without one: the connection of a four-letter word
	Timeout        time.Duration
	LastOp         string // the latest operation, as cons names it: GETD, SETW, …
	LastXid        int32  // -1 before the first, as LastZxid
	LastZxid       Zxid
	LastAnswer     time.Time // zero before the first
	// Milliseconds from a request's arrival to its answer.
	LastLatency, MinLatency, AvgLatency, MaxLatency int64
}

// connectionList lists the connections of all endpoints in the order in which they came.
func connectionList(ctx context.Context, l *lives) ([]Connection, error) {
	t, err := l.turns(ctx)
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
		LastOp: st.opCode(), LastXid: int32(st.lastXid), LastZxid: Zxid(st.lastZxid), LastAnswer: st.lastAnswer,
		LastLatency: st.latency.last, MinLatency: st.latency.least, AvgLatency: int64(st.latency.average()), MaxLatency: st.latency.most,
	}
	if out.LastOp == consUnnamed {
		out.LastXid, out.LastZxid = -1, -1
	}
	if c.sess != nil {
		out.Session, out.Timeout = SessionID(c.sess.id), c.sess.timeout
	}
	return out
}

// opCode is the latest operation's name in cons.
func (st *connStats) opCode() string {
	if row := ops[st.lastOp]; row != nil {
		return row.cons
	}
	return consUnnamed
}

// WatchCount is how many watches of data there are: those set by exists, getData and
// addWatch, as wchs counts them.
type WatchCount struct{ Connections, Paths, Watches int }

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
	for _, paths := range all {
		slices.Sort(paths)
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

// LastSnapshot is the zxid of the newest snapshot in a data directory, and when it
// was written: -1 and the zero time without one.
func LastSnapshot(dir string) (Zxid, time.Time, error) {
	if dir == "" {
		return -1, time.Time{}, nil
	}
	zxids, err := txnlog.Snapshots.List(dir)
	if err != nil || len(zxids) == 0 {
		return -1, time.Time{}, err
	}
	last := zxids[len(zxids)-1]
	info, err := os.Stat(filepath.Join(dir, txnlog.Snapshots.Name(last)))
	if err != nil {
		return -1, time.Time{}, err
	}
	return Zxid(last), info.ModTime(), nil
}
