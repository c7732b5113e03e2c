package zkembed

import (
	"context"
	"slices"
	"time"
)

// Connection is a client's connection as the server sees it. It has a field for each of
// those that cons shows.
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
		part := make([]Connection, len(some))
		err := t.take(func(*state) {
			for i, c := range some {
				part[i] = c.described()
			}
		})
		if err != nil {
			return nil, err
		}
		list = append(list, part...)
	}
	return list, nil
}

// described is the connection for a caller.
func (c *conn) described() Connection {
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
