package fault

import (
	"slices"

	"oakmoot/internal/run/fault/httpmsg"
)

// httpScreen sees the exchanges of an HTTP connection. Until it watches it notes no more
// than which side has spoken last. It cannot know what is under way when it begins:
// bytes pass until the next request, which is one that begins behind a reply. The wire's
// mu guards it.
type httpScreen struct {
	wire  *wire
	asks  Direction // in which requests go
	last  Direction // of the latest bytes; Both before there were any
	ready bool      // it knows where messages begin

	requests, replies httpmsg.Scanner
	exchanges         []*exchange // without a reply, in order
	asking            *exchange   // whose request is the latest
	sending           outgoing    // the reply under way
}

// exchange is a request and its reply.
type exchange struct {
	httpmsg.Request
	sending outgoing
	answer  *Armed // answers it with the status
	status  int
	double  *Armed // sends it twice
	copy    []byte // of the request that is sent twice, as far as it has come
	whole   bool   // the request has come
	discard bool   // the next reply
}

// outgoing is a message that is being sent on.
type outgoing struct {
	late    []late
	cut     *Armed // the message breaks off
	left    int    // bytes until then
	drops   bool   // it is not sent on
	interim bool   // it is a reply before the reply, as 100 is
}

func newHTTPScreen(w *wire, asks Direction) *httpScreen {
	return &httpScreen{wire: w, asks: asks, requests: httpmsg.Scanner{Begins: httpmsg.IsRequest}, replies: httpmsg.Scanner{Begins: httpmsg.IsReply}}
}

func (s *httpScreen) track(way Direction, _ []byte) { s.last = way }

func (s *httpScreen) watch() { s.ready = s.last == Both }

func (s *httpScreen) pass(way Direction, p []byte) {
	if !s.ready {
		s.ready = way == s.asks && s.last != way && httpmsg.IsRequest(p)
		s.last = way
	}
	switch {
	case !s.ready:
		s.wire.send(way, p, nil)
	case way == s.asks:
		s.requests.Scan(p, httpRequests{s})
	default:
		s.replies.Scan(p, httpReplies{s})
	}
	s.answerInTurn()
}

func (s *httpScreen) held(way Direction) []byte {
	if way != s.asks {
		return s.replies.Held()
	}
	if e := s.asking; e != nil && e.copy != nil {
		held := e.copy
		e.double.missedOne()
		e.double, e.copy = nil, nil
		return held
	}
	return s.requests.Held()
}

// abandon lets everything pass from now on: this is no HTTP, or not any longer.
func (s *httpScreen) abandon() {
	for _, way := range []Direction{To, From} {
		s.wire.send(way, s.held(way), nil)
	}
	s.requests.Raw()
	s.replies.Raw()
	s.exchanges, s.asking = nil, nil
}

// raw passes bytes of no message. Loss can take them for one.
func (s *httpScreen) raw(way Direction, p []byte) {
	f := s.wire.link.state().judge(&message{wire: s.wire, way: way, size: len(p)})
	out := outgoing{late: f.late}
	s.emit(way, &out, p, f.breaks)
}

// emit sends on bytes of a message.
func (s *httpScreen) emit(way Direction, out *outgoing, p []byte, b breaking) {
	switch {
	case b.by != nil:
		s.wire.breakOff(way, b)
	case out.drops:
	case out.cut != nil && len(p) >= out.left:
		s.wire.send(way, p[:out.left], out.late)
		s.wire.breakOff(way, breaking{by: out.cut, reset: true})
		out.drops, out.left = true, 0
	default:
		out.left -= len(p)
		s.wire.send(way, p, out.late)
	}
}

// over is behind a message: one that was too short to break off has not been touched.
func (o *outgoing) over() {
	if o.left > 0 {
		o.cut.missedOne()
	}
}

func (s *httpScreen) replyWay() Direction {
	if s.asks == To {
		return From
	}
	return To
}

// answerInTurn sends the answers that faults give, up to the first request that the
// server has to answer before.
func (s *httpScreen) answerInTurn() {
	for len(s.exchanges) > 0 && s.exchanges[0].answer != nil && s.exchanges[0].whole {
		e := s.exchanges[0]
		s.exchanges = slices.Delete(s.exchanges, 0, 1)
		s.wire.send(s.replyWay(), httpmsg.Reply(e.status, e.Method), nil)
	}
}

// exchangeLimit is how many requests may wait for a reply on one connection.
const exchangeLimit = 1 << 10

// httpRequests takes the messages that ask.
type httpRequests struct{ *httpScreen }

func (s httpRequests) Head(head []byte) httpmsg.Body {
	r, body := httpmsg.ReadRequest(head)
	switch {
	case s.wire.doomed[s.asks]:
		return body
	case body == httpmsg.NotParsed, len(s.exchanges) == exchangeLimit:
		s.abandon()
		s.wire.send(s.asks, head, nil)
		return httpmsg.NotParsed
	}
	f := s.wire.link.state().judge(&message{wire: s.wire, way: s.asks, part: Request, http: &r, size: len(head)})
	e := &exchange{Request: r, answer: f.answer, status: f.status, double: f.double}
	e.sending = outgoing{late: f.late, cut: f.cut, left: f.cutAt, drops: f.answer != nil}
	s.exchanges, s.asking = append(s.exchanges, e), e
	if r.Expects && len(s.exchanges) == 1 && (e.answer != nil || e.double != nil) {
		s.wire.send(s.replyWay(), []byte(httpmsg.Continue), nil)
	}
	if e.double != nil {
		e.copy = slices.Clone(head)
		return body
	}
	s.emit(s.asks, &e.sending, head, f.breaks)
	return body
}

func (s httpRequests) Part(p []byte) {
	if s.wire.doomed[s.asks] {
		return
	}
	e := s.asking
	switch {
	case e.double == nil:
		s.emit(s.asks, &e.sending, p, breaking{})
	case len(e.copy)+len(p) > doubleLimit:
		e.double.missedOne()
		s.emit(s.asks, &e.sending, append(e.copy, p...), breaking{})
		e.double, e.copy = nil, nil
	default:
		e.copy = append(e.copy, p...)
	}
}

func (s httpRequests) End() {
	if s.wire.doomed[s.asks] {
		return
	}
	e := s.asking
	e.whole = true
	e.sending.over()
	if e.double != nil {
		first := httpmsg.KeepAlive(e.copy)
		s.emit(s.asks, &e.sending, append(first, e.copy...), breaking{})
		e.copy, e.discard = nil, true
	}
}

func (s httpRequests) Raw(p []byte) {
	s.abandon()
	s.raw(s.asks, p)
}

// httpReplies takes the messages that answer.
type httpReplies struct{ *httpScreen }

// asked reports whether a request is with the server.
func (s httpReplies) asked() bool {
	return len(s.exchanges) > 0 && s.exchanges[0].answer == nil && (s.exchanges[0].double == nil || s.exchanges[0].whole)
}

func (s httpReplies) Head(head []byte) httpmsg.Body {
	if !s.asked() { // a server that speaks unasked
		s.abandon()
		s.wire.send(s.replyWay(), head, nil)
		return httpmsg.NotParsed
	}
	e := s.exchanges[0]
	status, body := httpmsg.ReadReply(head, e.Method)
	s.sending = outgoing{interim: status >= 100 && status < 200, drops: e.discard}
	var b breaking
	switch {
	case body == httpmsg.NotParsed:
		s.abandon()
	case e.discard && body == httpmsg.UntilEnd: // no second answer can follow
		e.discard, s.sending.drops = false, false
		e.double.missedOne()
	case !e.discard && !s.sending.interim:
		f := s.wire.link.state().judge(&message{wire: s.wire, way: s.replyWay(), part: Reply, http: &e.Request, size: len(head)})
		s.sending.late, s.sending.cut, s.sending.left, b = f.late, f.cut, f.cutAt, f.breaks
	}
	s.emit(s.replyWay(), &s.sending, head, b)
	return body
}

func (s httpReplies) Part(p []byte) { s.emit(s.replyWay(), &s.sending, p, breaking{}) }

func (s httpReplies) End() {
	if len(s.exchanges) == 0 { // abandoned meanwhile
		return
	}
	s.sending.over()
	switch e := s.exchanges[0]; {
	case s.sending.interim:
	case e.discard:
		e.discard = false
	default:
		s.exchanges = slices.Delete(s.exchanges, 0, 1)
		s.answerInTurn()
	}
}

func (s httpReplies) Raw(p []byte) {
	s.abandon()
	s.raw(s.replyWay(), p)
}
