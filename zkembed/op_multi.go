package zkembed

import (
	"slices"

	"oakmoot/internal/zk/zkwire"
)

// serveMulti carries out multi (14): all parts in one transaction, or none.
//
// Request: headers and records of create (all kinds), delete, setData and check.
// Reply: a header and a record a part. When a part fails, those before it are
// reported with code 0, those after it with RuntimeInconsistency; the reply's own
// code stays 0. What does not decode, or mixes reads in, is a MarshallingError.
// Watches: those of each part, in order, after all of them were applied.
// Surprise: a multi that does not decode uses up a zxid too.
func serveMulti(s *state, r *request) {
	who := &caller{session: r.conn.sess.id, ids: r.conn.ids, multi: true, quotas: s.freezeQuotas()}
	m := multi{s: s, who: who, t: s.begin(who.session, zkwire.OpMulti)}
	m.decodeAndApply(&r.body)
	if m.failed || r.body.Err() != nil {
		m.takeBack()
	}
	s.commit(m.t)
	if s.malformed(r) {
		return
	}
	for _, e := range m.t.effects {
		s.fireFor(e, m.t.zxid)
	}
	m.reply(r)
}

// multi is a multi under way.
type multi struct {
	s      *state
	who    *caller
	t      *txn
	parts  []multiPart
	undo   undoLog
	failed bool
}

// multiPart is one operation of a multi.
type multiPart struct {
	op   zkwire.Op
	ch   change
	code zkwire.Code
}

// decodeAndApply reads the parts and applies each before it looks at the next, so
// that later parts see earlier ones. After the first failure the rest is only read.
func (m *multi) decodeAndApply(d *zkwire.Decoder) {
	for {
		var h zkwire.MultiHeader
		if h.Decode(d); h.Done || d.Err() != nil {
			return
		}
		if !multiOps[h.Op] {
			d.Fail()
			return
		}
		part := multiPart{op: h.Op}
		part.ch, part.code = writeOps[h.Op](m.s, m.who, h.Op, d)
		switch {
		case d.Err() != nil:
			return
		case m.failed:
			part.code = zkwire.RuntimeInconsistency
		case part.code != zkwire.OK:
			m.failed = true
		case part.ch.effect != nil:
			m.s.apply(m.t, part.ch.effect, &m.undo)
		}
		m.parts = append(m.parts, part)
	}
}

// takeBack undoes what has been applied.
func (m *multi) takeBack() {
	m.undo.takeBack()
	m.t.effects = nil
}

func (m *multi) reply(r *request) {
	out, mark := m.s.startReply(r, zkwire.OK)
	for _, part := range m.parts {
		if m.failed {
			encodeMultiError(out, part.code)
			continue
		}
		header := zkwire.MultiHeader{Op: resultOp(part), Code: zkwire.OK}
		header.Encode(out)
		part.ch.encode(out)
	}
	zkwire.MultiEnd.Encode(out)
	out.EndFrame(mark)
}

// resultOp is the type under which a part's result is reported.
func resultOp(part multiPart) zkwire.Op {
	if part.ch.reply == replyPathStat {
		return zkwire.OpCreate2
	}
	return part.op
}

func encodeMultiError(out *zkwire.Encoder, code zkwire.Code) {
	header := zkwire.MultiHeader{Op: zkwire.OpError, Code: code}
	header.Encode(out)
	out.Int(int32(code))
}

// serveMultiRead answers multiRead (22): getData and getChildren, each by itself;
// one that fails is an error among the results. It sets no watch. What does not
// decode, or mixes writes in, is a MarshallingError. Apache's server makes an answer of
// any length, or runs out of memory over it; ours hangs up when it becomes too long.
func serveMultiRead(s *state, r *request) {
	var parts []readPart
	for {
		var h zkwire.MultiHeader
		if h.Decode(&r.body); h.Done || r.body.Err() != nil {
			break
		}
		if h.Op != zkwire.OpGetData && h.Op != zkwire.OpGetChildren {
			r.body.Fail()
			break
		}
		var q zkwire.ReadRequest
		q.Decode(&r.body)
		parts = append(parts, readPart{h.Op, q.Path})
	}
	if s.malformed(r) {
		return
	}
	out, mark := s.startReply(r, zkwire.OK)
	longest := s.mayBe()
	least := s.leastAnswer(parts, r.conn.ids, longest)
	if least > longest {
		s.abandon(r.conn, mark, "answer of a multiRead would become too long, hung up")
		return
	}
	out.Buf = slices.Grow(out.Buf, least)
	for _, part := range parts {
		s.encodeRead(out, part.op, part.path, r.conn.ids)
		if len(out.Buf)-mark > longest {
			s.abandon(r.conn, mark, "answer of a multiRead becomes too long, hung up")
			return
		}
	}
	s.effort += len(parts)
	zkwire.MultiEnd.Encode(out)
	out.EndFrame(mark)
}

// leastAnswer is how long the results are at least, or more than enough to know. What
// becomes too long is not even begun with: others would wait for what is thrown away.
func (s *state) leastAnswer(parts []readPart, ids []zkwire.ID, enough int) int {
	least := 0
	for _, part := range parts {
		n, code := s.readable(part.path, zkwire.PermRead, ids)
		switch {
		case code != zkwire.OK:
		case part.op == zkwire.OpGetData:
			least += len(n.data())
		default:
			least += nameHead * n.children().len()
		}
		if least > enough {
			return least
		}
	}
	return least
}

// nameHead is how long a name is at least: its length.
const nameHead = 4

// readPart is one operation of a multiRead.
type readPart struct {
	op   zkwire.Op
	path string
}

func (s *state) encodeRead(out *zkwire.Encoder, op zkwire.Op, path string, ids []zkwire.ID) {
	n, code := s.readable(path, zkwire.PermRead, ids)
	if code != zkwire.OK {
		encodeMultiError(out, code)
		return
	}
	header := zkwire.MultiHeader{Op: op, Code: zkwire.OK}
	header.Encode(out)
	if op == zkwire.OpGetChildren {
		n.children().encode(out)
		return
	}
	encodeData(out, n)
}
