package zkembed

import (
	"oakmoot/internal/zkwire"
)

// caller is on whose behalf a change is made.
type caller struct {
	session SessionID
	ids     []zkwire.ID
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

// serveWrite carries out a request that is one change: PrepRequestProcessor, then
// FinalRequestProcessor. A request that decodes uses up a zxid, even when refused.
func serveWrite(s *state, r *request) {
	d := zkwire.NewDecoder(r.body)
	who := &caller{session: r.conn.sess.id, ids: r.conn.ids}
	ch, code := writeOps[r.op](s, who, r.op, d)
	if d.Err() != nil {
		s.replyError(r, zkwire.MarshallingError)
		return
	}
	t := s.begin(r.conn.sess.id, r.op)
	if code != zkwire.OK {
		s.commit(t)
		s.replyError(r, code)
		return
	}
	t.effects = append(t.effects, ch.effect)
	acls := s.aclsOf(ch.effect)
	s.note(ch.effect)
	s.tree.apply(ch.effect, t.zxid, t.time)
	s.commit(t)
	s.fireFor(ch.effect, t.zxid, acls)
	out, mark := s.startReply(r, zkwire.OK)
	s.encodeResult(out, ch)
	out.EndFrame(mark)
}

// encodeResult appends what follows the header of a change's reply; it is called
// right after the change was applied.
func (s *state) encodeResult(out *zkwire.Encoder, ch change) {
	if ch.reply == replyPath || ch.reply == replyPathStat {
		out.String(ch.effect.path)
	}
	if ch.reply == replyStat || ch.reply == replyPathStat {
		stat := s.tree.nodes[ch.effect.path].wireStat()
		out.Stat(&stat)
	}
}

// note keeps the data that an effect replaces, for the commit stream.
func (s *state) note(e *effect) {
	if n := s.tree.nodes[e.path]; n != nil && (e.kind == effectSetData || e.kind == effectDelete) {
		e.before = n.data
	}
}
