package zkembed

import "oakmoot/internal/zk/zkwire"

// touch notes that a connection has output. It goes out in the order in which it came up,
// so that watchers hear of a change before who made it has his reply: FinalRequestProcessor.
func (s *state) touch(c *conn) {
	if !c.touched {
		c.touched = true
		s.touched = append(s.touched, c)
	}
}

// output is where a connection's replies and events of this batch are appended.
func (s *state) output(c *conn) *zkwire.Encoder {
	s.touch(c)
	s.stats.sent++
	c.stats.sent++
	return &c.out
}

// startReply begins a reply at the tree's present zxid; EndFrame ends it.
func (s *state) startReply(r *request, code zkwire.Code) (out *zkwire.Encoder, mark int) {
	return s.startReplyAt(r, s.zxid, code)
}

func (s *state) startReplyAt(r *request, zxid zkwire.Zxid, code zkwire.Code) (out *zkwire.Encoder, mark int) {
	out = s.output(r.conn)
	mark = out.StartFrame()
	header := zkwire.ReplyHeader{Xid: r.xid, Zxid: zxid, Code: code}
	header.Encode(out)
	r.conn.stats.lastZxid = zxid
	return out, mark
}

// reply answers with a header only; the code may be OK.
func (s *state) reply(r *request, code zkwire.Code) { s.replyAt(r, s.zxid, code) }

func (s *state) replyAt(r *request, zxid zkwire.Zxid, code zkwire.Code) {
	out, mark := s.startReplyAt(r, zxid, code)
	out.EndFrame(mark)
}
