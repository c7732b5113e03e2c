// Package httpmsg finds the messages of an HTTP/1.1 connection as its bytes pass: where
// each head and body begins and ends. It changes no byte.
package httpmsg

import "bytes"

// Body is how a message's body ends: after so many bytes, or by one of the constants.
type Body int64

// Bodies whose length the head does not say.
const (
	Chunked   Body = -1 // its last chunk says so
	UntilEnd  Body = -2 // the connection ends
	NotParsed Body = -3 // nobody knows: these bytes and all behind them are raw
)

// Sink takes what a Scanner finds, in order.
type Sink interface {
	// Head takes a head, with the empty line behind it, and says how the body ends. It
	// may keep it.
	Head(head []byte) Body
	// Part takes bytes of the body as they come.
	Part(p []byte)
	// End is called behind the last byte of a message.
	End()
	// Raw takes bytes that belong to no message.
	Raw(p []byte)
}

// headLimit is the longest head; what is longer is no HTTP.
const headLimit = 1 << 20

// Scanner finds the messages in one direction. Begins says whether bytes can be the
// beginning of a head: IsRequest or IsReply.
type Scanner struct {
	Begins func([]byte) bool

	head    []byte // so far
	inBody  bool
	left    int64 // bytes of the body, or of the chunk, that are to come
	chunks  *chunks
	forever bool // the body ends with the connection
	raw     bool
}

// Scan gives the sink what the bytes bring.
func (s *Scanner) Scan(p []byte, to Sink) {
	for len(p) > 0 {
		switch {
		case s.raw:
			to.Raw(p)
			return
		case s.inBody:
			p = s.scanBody(p, to)
		default:
			p = s.scanHead(p, to)
		}
	}
}

func (s *Scanner) scanHead(p []byte, to Sink) []byte {
	from := max(0, len(s.head)-3) // the empty line may have begun in what was there
	before := len(s.head)
	s.head = append(s.head, p...)
	end := emptyLine(s.head, from)
	if end < 0 {
		if !s.Begins(s.head) || len(s.head) > headLimit {
			s.giveUp(to)
		}
		return nil
	}
	rest := p[end-before:]
	s.head = s.head[:end]
	if !s.Begins(s.head) {
		s.giveUp(to)
		return rest
	}
	head := s.head
	s.head = nil
	s.start(to.Head(head), to)
	return rest
}

// start goes on to the body.
func (s *Scanner) start(b Body, to Sink) {
	switch {
	case b == NotParsed:
		s.raw = true
	case b == 0:
		to.End()
	default:
		s.inBody, s.left, s.forever, s.chunks = true, int64(max(b, 0)), b == UntilEnd, nil
		if b == Chunked {
			s.chunks = &chunks{}
		}
	}
}

// giveUp lets everything pass from now on.
func (s *Scanner) giveUp(to Sink) {
	head := s.head
	s.raw, s.head = true, nil
	to.Raw(head)
}

func (s *Scanner) scanBody(p []byte, to Sink) []byte {
	n, over := len(p), false
	switch {
	case s.forever:
	case s.chunks != nil:
		n, over = s.chunks.scan(p)
	default:
		n = int(min(s.left, int64(len(p))))
		s.left -= int64(n)
		over = s.left == 0
	}
	to.Part(p[:n])
	if over {
		s.inBody = false
		to.End()
	}
	return p[n:]
}

// Held is what was taken of a head that is not whole yet. The rest of it, if it ever
// comes, is raw.
func (s *Scanner) Held() []byte {
	held := s.head
	if s.head = nil; len(held) > 0 {
		s.raw = true
	}
	return held
}

// Raw takes all that comes from now on for raw.
func (s *Scanner) Raw() { s.raw = true }

// emptyLine is the end of the first empty line at or behind an index; -1 when there is
// none. Lines end as net/http takes them, with or without a carriage return.
func emptyLine(b []byte, from int) int {
	for i := from; ; {
		n := bytes.IndexByte(b[i:], '\n')
		if n < 0 {
			return -1
		}
		i += n + 1
		switch {
		case bytes.HasPrefix(b[i:], []byte("\n")):
			return i + 1
		case bytes.HasPrefix(b[i:], []byte("\r\n")):
			return i + 2
		}
	}
}
