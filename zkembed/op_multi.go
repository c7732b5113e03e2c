package zkembed

import "oakmoot/internal/zkwire"

// multiPart is one operation of a multi, not decoded further than its header.
type multiPart struct {
	op     zkwire.Op
	ch     change
	code   zkwire.Code
	result zkwire.Encoder // what follows the header of its result
}

// serveMulti carries out multi (14): all parts in one transaction, or none.
//
// Request: headers and records of create (all kinds), delete, setData and check.
// Reply: a header and a record a part. When a part fails, those before it are
// reported with code 0, those after it with RuntimeInconsistency; the reply's own
// code stays 0. What does not decode, or mixes reads in, is a MarshallingError.
// Watches: those of each part, in order, after all of them were applied.
// Surprise: a multi that does not decode uses up a zxid too.
func serveMulti(s *state, r *request) {
	who := &caller{session: r.conn.sess.id, ids: r.conn.ids}
	t := s.begin(r.conn.sess.id, zkwire.OpMulti)
	run := multiRun{s: s, who: who, t: t}
	malformed := run.decodeAndApply(zkwire.NewDecoder(r.body))
	if malformed || run.failed {
		run.takeBack()
	}
	s.commit(t)
	if malformed {
		s.replyError(r, zkwire.MarshallingError)
		return
	}
	if !run.failed {
		for i, e := range t.effects {
			s.fireFor(e, t.zxid, run.acls[i])
		}
	}
	run.reply(r)
}

// multiRun is a multi under way.
type multiRun struct {
	s      *state
	who    *caller
	t      *txn
	parts  []*multiPart
	undo   []func()
	acls   []aclView
	failed bool
}

// decodeAndApply reads the parts and applies each before it looks at the next, so
// that later parts see earlier ones. After the first failure the rest is only read.
func (m *multiRun) decodeAndApply(d *zkwire.Decoder) (malformed bool) {
	for {
		op, done := zkwire.Op(d.Int()), d.Bool()
		d.Int()
		if d.Err() != nil || !done && !multiOps[op] {
			return true
		}
		if done {
			return false
		}
		part := &multiPart{op: op}
		m.parts = append(m.parts, part)
		part.ch, part.code = writeOps[op](m.s, m.who, op, d)
		switch {
		case d.Err() != nil:
			return true
		case m.failed:
			part.code = zkwire.RuntimeInconsistency
		case part.code != zkwire.OK:
			m.failed = true
		case part.ch.effect != nil:
			m.apply(part)
		}
	}
}

func (m *multiRun) apply(part *multiPart) {
	e := part.ch.effect
	m.acls = append(m.acls, m.s.aclsOf(e))
	m.s.note(e)
	m.undo = append(m.undo, m.s.tree.apply(e, m.t.zxid, m.t.time))
	m.t.effects = append(m.t.effects, e)
	m.s.encodeResult(&part.result, part.ch)
}

// takeBack undoes what has been applied, the last first.
func (m *multiRun) takeBack() {
	for i := len(m.undo) - 1; i >= 0; i-- {
		m.undo[i]()
	}
	m.t.effects = nil
}

func (m *multiRun) reply(r *request) {
	out, mark := m.s.startReply(r, zkwire.OK)
	for _, part := range m.parts {
		if m.failed {
			encodeMultiError(out, part.code)
			continue
		}
		encodeMultiHeader(out, resultOp(part.op), false, zkwire.OK)
		out.Buf = append(out.Buf, part.result.Buf...)
	}
	encodeMultiHeader(out, zkwire.OpError, true, -1)
	out.EndFrame(mark)
}

// resultOp is the type under which a part's result is reported.
func resultOp(op zkwire.Op) zkwire.Op {
	if op == zkwire.OpCreateContainer || op == zkwire.OpCreateTTL {
		return zkwire.OpCreate2
	}
	return op
}

func encodeMultiHeader(out *zkwire.Encoder, op zkwire.Op, done bool, code zkwire.Code) {
	out.Int(int32(op))
	out.Bool(done)
	out.Int(int32(code))
}

func encodeMultiError(out *zkwire.Encoder, code zkwire.Code) {
	encodeMultiHeader(out, zkwire.OpError, false, code)
	out.Int(int32(code))
}

// serveMultiRead answers multiRead (22): getData and getChildren, each by itself;
// one that fails is an error among the results. It sets no watch.
func serveMultiRead(s *state, r *request) {
	d := zkwire.NewDecoder(r.body)
	var body zkwire.Encoder
	for {
		op, done := zkwire.Op(d.Int()), d.Bool()
		d.Int()
		if done && d.Err() == nil {
			break
		}
		path := d.String()
		d.Bool()
		if d.Err() != nil || op != zkwire.OpGetData && op != zkwire.OpGetChildren {
			s.replyError(r, zkwire.MarshallingError)
			return
		}
		s.encodeRead(&body, op, path, r.conn.ids)
	}
	out, mark := s.startReply(r, zkwire.OK)
	out.Buf = append(out.Buf, body.Buf...)
	encodeMultiHeader(out, zkwire.OpError, true, -1)
	out.EndFrame(mark)
}

func (s *state) encodeRead(out *zkwire.Encoder, op zkwire.Op, path string, ids []zkwire.ID) {
	n, code := s.readable(path, zkwire.PermRead, ids)
	if code != zkwire.OK {
		encodeMultiError(out, code)
		return
	}
	encodeMultiHeader(out, op, false, zkwire.OK)
	if op == zkwire.OpGetChildren {
		encodeNames(out, n)
		return
	}
	stat := n.wireStat()
	out.Buffer(n.data)
	out.Stat(&stat)
}
