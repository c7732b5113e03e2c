package zkembed

import (
	"oakmoot/internal/zk/zkwire"
	"oakmoot/zkembed/internal/tree"
)

// change is a checked change and what the reply to it holds.
type change struct {
	effect *tree.Effect // nil for a check
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

// serveChange carries out a request that is one change: PrepRequestProcessor, then
// FinalRequestProcessor. A request that decodes uses up a zxid, even when refused, and
// a null path decodes.
func serveChange(s *state, r *request) zkwire.Code {
	who := r.caller()
	ch, code := r.op.prepare(&who, r.code, &r.body)
	if undecodable(&r.body) {
		return zkwire.MarshallingError
	}
	t := s.begin(who.session, r.code)
	if code == zkwire.OK {
		s.tree.Apply(t, ch.effect, nil)
	}
	s.commit(t)
	if code == zkwire.OK {
		out, mark := r.startReply()
		ch.encode(out)
		out.EndFrame(mark)
	}
	return code
}

// encode appends what follows the header of a change's reply.
func (c change) encode(out *zkwire.Encoder) {
	switch c.reply {
	case replyPath:
		out.String(c.effect.Path)
	case replyPathStat:
		out.String(c.effect.Path)
		out.Stat(&c.effect.Stat)
	case replyStat:
		out.Stat(&c.effect.Stat)
	}
}
