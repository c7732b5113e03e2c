package zkembed

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"oakmoot/internal/zk/zkwire"
)

// wordCons lists the connections in full.
func wordCons(q *question) error {
	if err := q.sayConnections(true); err != nil {
		return err
	}
	return q.say("\n")
}

// sayConnections lists the endpoint's connections, a line each.
func (q *question) sayConnections(full bool) error {
	for some := range slices.Chunk(q.life.connections(q.at), turnSize/8) {
		var b strings.Builder
		err := q.take(func(*state) {
			for _, c := range some {
				b.WriteString(c.line(full))
			}
		})
		if err != nil {
			return err
		}
		if err := q.say(b.String()); err != nil {
			return err
		}
	}
	return nil
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
func wordDump(q *question) error {
	sessions, err := listed(&q.turns, deadlines)
	if err != nil {
		return err
	}
	owned, err := listed(&q.turns, owned)
	if err != nil {
		return err
	}
	var conns []string
	for some := range slices.Chunk(q.life.connections(q.at), turnSize) {
		err := q.take(func(*state) {
			for _, c := range some {
				if c.sess != nil {
					conns = append(conns, fmt.Sprintf("ip: /%s sessionId: 0x%x\n", c.net.RemoteAddr(), int64(c.sess.id)))
				}
			}
		})
		if err != nil {
			return err
		}
	}
	return errors.Join(q.sayDeadlines(sessions), q.sayOwned(owned),
		q.say(fmt.Sprintf("Connections dump:\nConnections Sets (1)/(%d):\n%s", q.life.number(q.at), strings.Join(conns, ""))))
}

// deadline is when a session expires.
type deadline struct {
	at      int64
	expires time.Time
	session zkwire.SessionID
}

func deadlines(s *state) iter.Seq[deadline] {
	return func(yield func(deadline) bool) {
		for id, sess := range s.sessions.byID {
			if !yield(deadline{sess.deadline, s.clock.at(sess.deadline), id}) {
				return
			}
		}
	}
}

func (q *question) sayDeadlines(all []deadline) error {
	slices.SortFunc(all, func(a, b deadline) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.session, b.session)) })
	sets := map[int64]int{}
	for _, d := range all {
		sets[d.at]++
	}
	err := q.say(fmt.Sprintf("SessionTracker dump:\nSession Sets (%d)/(%d):\n", len(sets), len(all)))
	for i, d := range all {
		if i == 0 || d.at != all[i-1].at {
			err = errors.Join(err, q.say(fmt.Sprintf("%d expire at %s:\n", sets[d.at], d.expires.UTC().Format(time.UnixDate))))
		}
		if err != nil {
			return err
		}
		err = q.say(fmt.Sprintf("\t0x%x\n", int64(d.session)))
	}
	return err
}

func (q *question) sayOwned(all []sessionPath) error {
	slices.SortFunc(all, func(a, b sessionPath) int {
		return cmp.Or(cmp.Compare(a.session, b.session), cmp.Compare(a.path, b.path))
	})
	owners := map[zkwire.SessionID]struct{}{}
	for _, p := range all {
		owners[p.session] = struct{}{}
	}
	return errors.Join(
		q.say(fmt.Sprintf("ephemeral nodes dump:\nSessions with Ephemerals (%d):\n", len(owners))),
		q.sayGrouped(all, sameSession, ended(appendSession, ":\n"), indented(appendPath)))
}

// sayGrouped writes lines below what they have in common. There may be millions, so they
// are appended to a buffer that is reused.
func (q *question) sayGrouped(all []sessionPath, same func(a, b *sessionPath) bool, group, line func(b []byte, p *sessionPath) []byte) error {
	b := make([]byte, 0, wordPart)
	for i := range all {
		p := &all[i]
		if i == 0 || !same(p, &all[i-1]) {
			b = group(b, p)
		}
		if b = line(b, p); len(b) < wordPart/2 && i < len(all)-1 {
			continue
		}
		if _, err := q.to.Write(b); err != nil {
			return err
		}
		b = b[:0]
	}
	return nil
}

func sameSession(a, b *sessionPath) bool { return a.session == b.session }

func samePath(a, b *sessionPath) bool { return a.path == b.path }

func appendPath(b []byte, p *sessionPath) []byte { return append(b, p.path...) }

func appendSession(b []byte, p *sessionPath) []byte {
	return strconv.AppendUint(append(b, "0x"...), uint64(p.session), 16)
}

// indented is a line with a tab before it, ended is one with an end.
func indented(text func([]byte, *sessionPath) []byte) func([]byte, *sessionPath) []byte {
	return func(b []byte, p *sessionPath) []byte { return append(text(append(b, '\t'), p), '\n') }
}

func ended(text func([]byte, *sessionPath) []byte, end string) func([]byte, *sessionPath) []byte {
	return func(b []byte, p *sessionPath) []byte { return append(text(b, p), end...) }
}

func wordWchs(s *state, _ *question) string {
	w := s.watches.data
	return fmt.Sprintf("%d connections watching %d paths\nTotal watches:%d\n", w.conns(), w.paths(), w.total())
}

func wordWchc(q *question) error {
	all, err := listed(&q.turns, watched)
	if err != nil {
		return err
	}
	slices.SortFunc(all, func(a, b sessionPath) int { return cmp.Or(cmp.Compare(a.conn, b.conn), cmp.Compare(a.path, b.path)) })
	all = slices.Compact(all) // a watch that went and came again
	err = q.sayGrouped(all, sameSession, ended(appendSession, "\n"), indented(appendPath))
	return errors.Join(err, q.say("\n"))
}

func wordWchp(q *question) error {
	all, err := listed(&q.turns, watched)
	if err != nil {
		return err
	}
	slices.SortFunc(all, func(a, b sessionPath) int { return cmp.Or(cmp.Compare(a.path, b.path), cmp.Compare(a.conn, b.conn)) })
	all = slices.Compact(all)
	err = q.sayGrouped(all, samePath, ended(appendPath, "\n"), indented(appendSession))
	return errors.Join(err, q.say("\n"))
}
