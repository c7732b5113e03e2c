package zkembed

import (
	"time"

	"oakmoot/internal/zk/zkwire"
)

// stats are the server's counters: ServerStats. They are owned by the state.
type stats struct {
	since      time.Time
	received   int64
	sent       int64
	authFailed int64
	latency    latency
	pending    []measured // carried out, not yet answered
	traceMask  int64      // of gtmk and stmk; it does nothing
	metrics    metrics
	slow       slowLog
	aheads     aheads
}

// defaultTraceMask is ZooTrace's.
const defaultTraceMask = 306

func newStats(now time.Time) stats {
	return stats{since: now, traceMask: defaultTraceMask, metrics: newMetrics()}
}

// measured are requests of a connection that will be answered together.
type measured struct {
	conn   *conn
	at     time.Time // when they had been read
	n      int
	writes int    // of them
	frames []byte // all of them; nil unless slow requests are logged
}

// connStats are a connection's counters.
type connStats struct {
	received, sent int64
	lastOp         zkwire.Op
	lastXid        zkwire.Xid // of a request; xids of the protocol itself do not count
	lastZxid       zkwire.Zxid
	lastAnswer     time.Time
	latency        latency
}

// latency is how long requests took from being read to being answered, in
// milliseconds.
type latency struct{ count, total, least, most, last int64 }

func (l *latency) add(ms int64, n int) {
	if l.count == 0 || ms < l.least {
		l.least = ms
	}
	l.most, l.last = max(l.most, ms), ms
	l.count += int64(n)
	l.total += ms * int64(n)
}

func (l *latency) average() float64 {
	if l.count == 0 {
		return 0
	}
	return float64(l.total) / float64(l.count)
}

// count notes a request.
func (st *stats) count(r *request) {
	st.received++
	c := &r.conn.stats
	c.received++
	c.lastOp = r.code
	if r.xid > 0 {
		c.lastXid = r.xid
	}
}

// measure notes requests whose answers the next flush releases.
func (st *stats) measure(m measured) {
	if m.n == 0 {
		return
	}
	if !st.slow.wanted() {
		m.frames = nil
	}
	st.pending = append(st.pending, m)
}

// flushed notes that a batch has become durable, with all transactions so far, and measures
// how long what was answered has taken.
func (st *stats) flushed(txns int64) {
	if n := txns - st.metrics.durable; n > 0 {
		st.metrics.batch.add(n, 1)
		st.metrics.durable = txns
	}
	if len(st.pending) == 0 {
		return
	}
	now := time.Now()
	for _, m := range st.pending {
		took := now.Sub(m.at)
		ms := took.Milliseconds()
		st.latency.add(ms, m.n)
		st.metrics.reads.add(ms, m.n-m.writes)
		st.metrics.updates.add(ms, m.writes)
		if st.slow.wanted() && took >= st.slow.threshold {
			st.slow.report(m, took, now)
		}
		m.conn.stats.latency.add(ms, m.n)
		m.conn.stats.lastAnswer = now
	}
	clear(st.pending)
	st.pending = st.pending[:0]
}

// reset is srst.
func (st *stats) reset() {
	st.received, st.sent, st.latency = 0, 0, latency{}
}
