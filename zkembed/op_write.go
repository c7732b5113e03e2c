package zkembed

import "oakmoot/internal/zk/zkwire"

// caller is on whose behalf a change is made.
type caller struct {
	session SessionID
	ids     []zkwire.ID
	multi   bool      // as part of a multi, where some mistakes spoil the whole
	quotas  quotaView // of a multi
}

// change is a checked change and what the reply to it holds.
type change struct {
	effect *effect // nil for a check
	reply  replyShape
}

// replyShape says what follows the header of a change's reply.
type replyShape byte

const (
	replyNothing replyShape = iota
	replyPath
	replyPathStat
	replyStat
)

// undecodable tells that a record does not decode. One whose path is null does, and is
// refused later, by each operation in its own way.
func undecodable(d *zkwire.Decoder) bool { return d.Err() != nil && d.Err() != zkwire.ErrNull }

// refuseUndecodable is malformed for operations to which a null path is no such thing.
func (s *state) refuseUndecodable(r *request) bool { return undecodable(&r.body) && s.malformed(r) }

// serveWrite carries out a request that is one change: PrepRequestProcessor, then
// FinalRequestProcessor. A request that decodes uses up a zxid, even when refused, and
// a null path decodes.
func serveWrite(s *state, r *request) {
	who := &caller{session: r.conn.sess.id, ids: r.conn.ids}
	ch, code := writeOps[r.op](s, who, r.op, &r.body)
	if s.refuseUndecodable(r) {
		return
	}
	t := s.begin(who.session, r.op)
	if code != zkwire.OK {
		s.commit(t)
		s.reply(r, code)
		return
	}
	s.apply(t, ch.effect, nil)
	s.commit(t)
	s.fireFor(ch.effect, t.zxid)
	out, mark := s.startReply(r, zkwire.OK)
	ch.encode(out)
	out.EndFrame(mark)
}

// apply carries out an effect as part of a transaction.
func (s *state) apply(t *txn, e *effect, undo *undoLog) {
	t.effects = append(t.effects, e)
	s.tree.apply(e, t.zxid, t.time, undo)
	s.quotas.account(s.tree, e, undo)
}

// encode appends what follows the header of a change's reply.
func (c change) encode(out *zkwire.Encoder) {
	switch c.reply {
	case replyPath:
		out.String(c.effect.path)
	case replyPathStat:
		out.String(c.effect.path)
		out.Stat(&c.effect.stat)
	case replyStat:
		out.Stat(&c.effect.stat)
	}
}
