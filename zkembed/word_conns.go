package zkembed

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"oakmoot/internal/zkwire"
)

// wordCons lists the connections in full.
func wordCons(s *state, q question) string {
	var b strings.Builder
	for _, c := range s.life.connections(q.at) {
		b.WriteString(c.line(true))
	}
	return b.String() + "\n"
}

// opCodes are the names of the latest operation in cons: Request.op2String.
var opCodes = map[zkwire.Op]string{
	zkwire.OpCreateSession: "SESS", zkwire.OpPing: "PING", zkwire.OpCreate: "CREA", zkwire.OpCreate2: "CRE2",
	zkwire.OpCreateContainer: "CREC", zkwire.OpCreateTTL: "CRET", zkwire.OpDelete: "DELE", zkwire.OpDeleteContainer: "DELC",
	zkwire.OpSetData: "SETD", zkwire.OpSetACL: "SETA", zkwire.OpGetData: "GETD", zkwire.OpGetACL: "GETA",
	zkwire.OpGetChildren: "GETC", zkwire.OpGetChildren2: "GETC", zkwire.OpAllChildren: "GETACN", zkwire.OpExists: "EXIS",
	zkwire.OpSync: "SYNC", zkwire.OpMulti: "MULT", zkwire.OpMultiRead: "MLTR", zkwire.OpSetWatches: "SETW",
	zkwire.OpSetWatches2: "STW2", zkwire.OpAddWatch: "ADDW", zkwire.OpCheckWatches: "CHKW", zkwire.OpRemoveWatches: "REMW",
	zkwire.OpWhoAmI: "HOMI", zkwire.OpGetEphemerals: "GETE", zkwire.OpCheck: "CHEC", zkwire.OpReconfig: "RECO",
	zkwire.OpCloseSession: "CLOS",
}

// line describes a connection as cons does, or as stat does: NIOServerCnxn.dumpConnectionInfo.
func (c *conn) line(full bool) string {
	var b strings.Builder
	interest := 1 // in what is to be read: SelectionKey.OP_READ
	if c.asks {
		interest = 0
	}
	fmt.Fprintf(&b, " /%s[%d](queued=0,recved=%d,sent=%d", c.net.RemoteAddr(), interest, c.stats.received, c.stats.sent)
	if full && c.sess != nil {
		l := &c.stats.latency
		fmt.Fprintf(&b, ",sid=0x%x,lop=%s,est=%d,to=%d,lcxid=0x%x,lzxid=0x%x,lresp=%d,llat=%d,minlat=%d,avglat=%d,maxlat=%d",
			int64(c.sess.id), c.stats.opCode(), c.opened.UnixMilli(), c.sess.timeout.Milliseconds(), int32(c.stats.lastXid), int64(c.stats.lastZxid),
			c.stats.lastAnswer.UnixMilli(), l.last, l.least, int64(l.average()), l.most)
	}
	b.WriteString(")\n")
	return b.String()
}

// wordDump lists sessions, by when they expire, and ephemerals.
func wordDump(s *state, q question) string {
	var b strings.Builder
	fmt.Fprintf(&b, "SessionTracker dump:\nSession Sets (%d)/(%d):\n", len(s.sessions.buckets), len(s.sessions.byID))
	for _, deadline := range slices.Sorted(maps.Keys(s.sessions.buckets)) {
		bucket := s.sessions.buckets[deadline]
		at := s.clock.birth.Add(time.Duration(deadline) * time.Millisecond)
		fmt.Fprintf(&b, "%d expire at %s:\n", len(bucket), at.UTC().Format(time.UnixDate))
		for _, sess := range slices.SortedFunc(maps.Keys(bucket), func(a, b *session) int { return cmp.Compare(a.id, b.id) }) {
			fmt.Fprintf(&b, "\t0x%x\n", int64(sess.id))
		}
	}
	fmt.Fprintf(&b, "ephemeral nodes dump:\nSessions with Ephemerals (%d):\n", len(s.tree.ephemerals))
	for _, owner := range slices.Sorted(maps.Keys(s.tree.ephemerals)) {
		fmt.Fprintf(&b, "0x%x:\n", owner)
		for _, path := range slices.Sorted(maps.Keys(s.tree.ephemerals[owner])) {
			fmt.Fprintf(&b, "\t%s\n", path)
		}
	}
	conns := s.life.connections(q.at)
	fmt.Fprintf(&b, "Connections dump:\nConnections Sets (1)/(%d):\n", len(conns))
	for _, c := range conns {
		if c.sess != nil {
			fmt.Fprintf(&b, "ip: /%s sessionId: 0x%x\n", c.net.RemoteAddr(), int64(c.sess.id))
		}
	}
	return b.String()
}

func wordWchs(s *state, q question) string {
	return fmt.Sprintf("%d connections watching %d paths\nTotal watches:%d\n", len(s.data.byConn), len(s.data.byPath), s.data.total)
}

func wordWchc(s *state, q question) string {
	var b strings.Builder
	for _, c := range slices.SortedFunc(maps.Keys(s.data.byConn), byNumber) {
		if c.sess == nil {
			continue
		}
		fmt.Fprintf(&b, "0x%x\n", int64(c.sess.id))
		for _, path := range s.data.paths(c) {
			fmt.Fprintf(&b, "\t%s\n", path)
		}
	}
	return b.String() + "\n"
}

func wordWchp(s *state, q question) string {
	var b strings.Builder
	for _, path := range slices.Sorted(maps.Keys(s.data.byPath)) {
		fmt.Fprintf(&b, "%s\n", path)
		for _, c := range slices.SortedFunc(maps.Keys(s.data.byPath[path]), byNumber) {
			if c.sess != nil {
				fmt.Fprintf(&b, "\t0x%x\n", int64(c.sess.id))
			}
		}
	}
	return b.String() + "\n"
}
