package fault

import (
	"slices"

	"oakmoot/internal/run/fault/zkframe"
	"oakmoot/internal/zk/zkwire"
)

// zkScreen sees the frames of a ZooKeeper connection: requests, and by their xids the
// replies to them. Until it watches it notes no more than xids, so that it knows what is
// under way when it begins. The wire's mu guards it.
type zkScreen struct {
	wire     *wire
	watching bool
	to, from zkframe.Splitter
	greeted  [From + 1]bool // the first frame of the direction, which has no xid, is over
	calls    []call         // requests without a reply, in order
	zxid     zkwire.Zxid    // the latest that a reply has told
}

// call is a request under way. ZooKeeper answers in order, but for some that its
// server answers at once; xids tell which.
type call struct {
	xid     zkwire.Xid
	request *zkframe.Request // nil when nobody watched as it left
	answer  *Armed           // answers it with the code
	code    zkwire.Code
}

// callLimit is how many requests under way are remembered. A server that answers none of
// so many is not going to.
const callLimit = 1 << 16

func newZKScreen(w *wire) *zkScreen { return &zkScreen{wire: w} }

func (s *zkScreen) watch() { s.watching, s.to.Gather, s.from.Gather = true, true, true }

func (s *zkScreen) track(way Direction, p []byte) {
	if way == To {
		s.to.Split(p, zkRequests{s})
	} else {
		s.from.Split(p, zkReplies{s})
	}
}

func (s *zkScreen) pass(way Direction, p []byte) {
	s.track(way, p)
	s.answerInTurn()
}

// let sends on bytes of a frame that passes as it comes; until it watches, they have been
// sent.
func (s *zkScreen) let(way Direction, p []byte) {
	if s.watching {
		s.wire.send(way, p, nil)
	}
}

func (s *zkScreen) held(way Direction) []byte {
	if way == To {
		return s.to.Held()
	}
	return s.from.Held()
}

// ask notes a request.
func (s *zkScreen) ask(c call) {
	if len(s.calls) == callLimit {
		s.calls = slices.Delete(s.calls, 0, 1)
	}
	s.calls = append(s.calls, c)
}

// answered takes the request that a reply belongs to from those under way; nil when it
// belongs to none that anybody watched.
func (s *zkScreen) answered(xid zkwire.Xid) *zkframe.Request {
	for i := range s.calls {
		if s.calls[i].xid == xid && s.calls[i].answer == nil {
			request := s.calls[i].request
			if len(s.calls) == 1 { // as mostly: this is what every reply costs
				s.calls = s.calls[:0]
				return request
			}
			s.calls = slices.Delete(s.calls, i, i+1)
			return request
		}
	}
	return nil
}

// answerInTurn sends the answers that faults give, up to the first request that the
// server has to answer before.
func (s *zkScreen) answerInTurn() {
	for len(s.calls) > 0 && s.calls[0].answer != nil && s.from.Between() {
		c := s.calls[0]
		s.calls = slices.Delete(s.calls, 0, 1)
		s.wire.send(From, zkframe.Error(c.xid, s.zxid, c.code), nil)
	}
}

// deliver sends a frame on, as its fate has it.
func (s *zkScreen) deliver(way Direction, frame []byte, f *fate) {
	switch {
	case f.breaks.by != nil:
		s.wire.breakOff(way, f.breaks)
	case f.cut != nil && f.cutAt <= len(frame):
		s.wire.send(way, frame[:f.cutAt], f.late)
		s.wire.breakOff(way, breaking{by: f.cut, reset: true})
	default:
		f.cut.missedOne()
		s.wire.send(way, frame, f.late)
	}
}

// zkRequests takes the frames that go to the server.
type zkRequests struct{ *zkScreen }

func (s zkRequests) Head(head []byte) {
	xid, ok := zkframe.HeadXid(head)
	switch {
	case !s.greeted[To]:
		s.greeted[To] = true
		s.ask(call{xid: connectXid})
	case ok:
		s.ask(call{xid: xid})
	}
}

func (s zkRequests) Pass(p []byte) { s.let(To, p) }

// connectXid stands for the xid that a connect request does not have. No client numbers
// a request so: they count from 0, and use a few other negative ones.
const connectXid zkwire.Xid = -1 << 31

func (s zkRequests) Frame(frame []byte) {
	if s.wire.doomed[To] {
		return
	}
	r := zkframe.Request{Xid: connectXid, Op: zkwire.OpCreateSession}
	if s.greeted[To] {
		r = zkframe.ReadRequest(frame)
	}
	s.greeted[To] = true
	f := s.wire.link.state().judge(&message{wire: s.wire, way: To, part: Request, zk: &r, size: len(frame)})
	c := call{xid: r.Xid, request: &r, answer: f.answer, code: f.code}
	s.ask(c)
	if c.answer == nil {
		s.deliver(To, frame, &f)
	}
}

// zkReplies takes the frames that come from the server.
type zkReplies struct{ *zkScreen }

func (s zkReplies) Head(head []byte) { s.note(head) }

func (s zkReplies) Pass(p []byte) { s.let(From, p) }

// note reads the head of a frame, and returns the request that it answers.
func (s zkReplies) note(head []byte) *zkframe.Request {
	if !s.greeted[From] {
		s.greeted[From] = true
		s.wire.link.saw(zkframe.Session(head))
		return s.answered(connectXid)
	}
	xid, ok := zkframe.HeadXid(head)
	if !ok || xid == zkwire.XidNotification {
		return nil
	}
	if zxid := zkframe.HeadZxid(head); zxid > s.zxid {
		s.zxid = zxid
	}
	return s.answered(xid)
}

func (s zkReplies) Frame(frame []byte) {
	if s.wire.doomed[From] {
		return
	}
	event := false
	if xid, ok := zkframe.HeadXid(frame); ok && s.greeted[From] {
		event = xid == zkwire.XidNotification
	}
	r := s.note(frame)
	if event {
		e := zkframe.ReadEvent(frame)
		r = &e
	}
	var f fate
	if r != nil {
		f = s.wire.link.state().judge(&message{wire: s.wire, way: From, part: Reply, zk: r, size: len(frame)})
	}
	s.deliver(From, frame, &f)
	s.answerInTurn()
}
