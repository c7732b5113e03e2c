package zkembed

import (
	"slices"

	"oakmoot/internal/zk/zkwire"
	"oakmoot/zkembed/internal/tree"
)

// serveMulti carries out multi (14): all parts in one transaction, or none.
//
// Request: headers and records of create (all kinds), delete, setData and check.
// Reply: a header and a record a part. When a part fails, those before it are
// reported with code 0, those after it with RuntimeInconsistency; the reply's own
// code stays 0. What does not decode, or mixes reads in, is a MarshallingError.
// Watches: those of each part, in order, after all of them were applied.
// Surprise: a multi that does not decode uses up a zxid too.
func serveMulti(s *state, r *request) zkwire.Code {
	who := r.caller()
	if who.multi = true; s.opts.EnforceQuota {
		who.quotas = s.tree.Quotas.Freeze()
	}
	m := multi{s: s, who: &who, t: s.begin(who.session, zkwire.OpMulti)}
	m.decodeAndApply(&r.body)
	if m.failed || r.body.Err() != nil {
		m.takeBack()
	}
	s.commit(m.t)
	if r.body.Err() != nil {
		return zkwire.MarshallingError
	}
	m.reply(r)
	return zkwire.OK
}

// multi is a multi under way.
type multi struct {
	s      *state
	who    *caller
	t      *tree.Txn
	parts  []multiPart
	undo   tree.Undo
	failed bool
}

// multiPart is one operation of a multi.
type multiPart struct {
	op   zkwire.Op
	ch   change
	code zkwire.Code
}

// decodeAndApply reads the parts and applies each before reading the next, so that later
// parts see earlier ones. After the first failure the rest is only decoded.
func (m *multi) decodeAndApply(d *zkwire.Decoder) {
	for {
		var h zkwire.MultiHeader
		if h.Decode(d); h.Done || d.Err() != nil {
			return
		}
		row := ops[h.Op]
		if !row.changesInMulti() {
			d.Fail()
			return
		}
		part := multiPart{op: h.Op}
		part.ch, part.code = row.prepare(m.who, h.Op, d)
		switch {
		case d.Err() != nil:
			return
		case m.failed:
			part.code = zkwire.RuntimeInconsistency
		case part.code != zkwire.OK:
			m.failed = true
		case part.ch.effect != nil:
			m.s.tree.Apply(m.t, part.ch.effect, &m.undo)
		}
		m.parts = append(m.parts, part)
	}
}

// takeBack undoes what has been applied.
func (m *multi) takeBack() {
	m.undo.TakeBack()
	clear(m.t.Effects)
	m.t.Effects = m.t.Effects[:0]
}

func (m *multi) reply(r *request) {
	out, mark := r.startReply()
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
// decode, or mixes in writes, is a MarshallingError. Apache's server makes an answer of
// any length, or runs out of memory trying; ours hangs up when it becomes too long.
func serveMultiRead(s *state, r *request) zkwire.Code {
	var parts []readPart
	for {
		var h zkwire.MultiHeader
		if h.Decode(&r.body); h.Done || r.body.Err() != nil {
			break
		}
		if !ops[h.Op].readsInMulti() {
			r.body.Fail()
			break
		}
		var q zkwire.ReadRequest
		q.Decode(&r.body)
		parts = append(parts, readPart{h.Op, q.Path})
	}
	if r.body.Err() != nil {
		return zkwire.MarshallingError
	}
	out, mark := r.startReply()
	longest := s.out.longest()
	least := leastAnswer(parts, r.access(), longest)
	if least > longest {
		s.out.abandon(r.conn, mark, "answer of a multiRead would become too long, hung up")
		return zkwire.OK
	}
	out.Buf = slices.Grow(out.Buf, least)
	for _, part := range parts {
		part.encode(out, r.access())
		if len(out.Buf)-mark > longest {
			s.out.abandon(r.conn, mark, "answer of a multiRead becomes too long, hung up")
			return zkwire.OK
		}
	}
	s.queue.effort += len(parts)
	zkwire.MultiEnd.Encode(out)
	out.EndFrame(mark)
	return zkwire.OK
}

// leastAnswer is the least that the results come to, as far as it matters. An answer that
// would become too long is not even begun: others would wait for what is discarded.
func leastAnswer(parts []readPart, a access, enough int) int {
	least := 0
	for _, part := range parts {
		n, code := a.find(part.path, zkwire.PermRead)
		switch {
		case code != zkwire.OK:
		case part.op == zkwire.OpGetData:
			least += len(n.Data())
		default:
			least += nameHead * n.Children()
		}
		if least > enough {
			return least
		}
	}
	return least
}

// nameHead is the least that a name takes: its length field.
const nameHead = 4

// readPart is one operation of a multiRead.
type readPart struct {
	op   zkwire.Op
	path string
}

// encode appends the result.
func (p readPart) encode(out *zkwire.Encoder, a access) {
	n, code := a.find(p.path, zkwire.PermRead)
	if code != zkwire.OK {
		encodeMultiError(out, code)
		return
	}
	header := zkwire.MultiHeader{Op: p.op, Code: zkwire.OK}
	header.Encode(out)
	if p.op == zkwire.OpGetChildren {
		n.EncodeChildren(out)
		return
	}
	encodeData(out, n)
}
