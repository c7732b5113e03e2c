// Package zkframe reads the frames of a ZooKeeper connection as its bytes pass: where
// each begins and ends, and what its request asks for. It changes no byte.
package zkframe

import "encoding/binary"

// Sink takes what a Splitter finds, in order.
type Sink interface {
	// Head takes the first bytes of a frame that passes as it comes: its length and up
	// to HeadSize bytes behind it. It is called once for each such frame.
	Head(head []byte)
	// Pass takes bytes of frames that pass as they come.
	Pass(p []byte)
	// Frame takes a frame that was gathered, its length included. It may keep it.
	Frame(frame []byte)
}

// HeadSize is how many bytes of a frame Head sees behind the length: enough for a
// request's header, a reply's, and for the session in the answer to a connect request.
const HeadSize = 4 + 4 + 8 + 4 + 16

// gatherLimit is the longest frame that is gathered; a longer one passes as it comes.
const gatherLimit = 64 << 20

// longest is what no frame's length exceeds. Four letters, as of the command ruok, read
// as a length exceed it.
const longest = 1 << 30

// Splitter splits one direction of a connection into frames. Its zero value is at the
// start of a connection and lets all frames pass.
type Splitter struct {
	// Gather holds each frame that begins from now on until it is whole.
	Gather bool

	begun   []byte // of the current frame: its head, or all of it so far
	rest    int    // bytes of the current frame that come behind begun
	gathers bool   // the current frame
	raw     bool   // these are no frames, and nothing will be
}

// Split gives the sink what the bytes bring.
func (s *Splitter) Split(p []byte, to Sink) {
	for len(p) > 0 {
		switch {
		case s.raw:
			to.Pass(p)
			return
		case len(s.begun) == 0 && s.rest == 0:
			if s.gathers = s.Gather; !s.gathers && len(p) >= 4 {
				if whole := 4 + uint64(binary.BigEndian.Uint32(p)); whole <= uint64(len(p)) {
					p = passWhole(p, int(whole), to)
					continue
				}
			}
			fallthrough
		case s.rest == 0:
			p = s.begin(p, to)
		default:
			p = s.carryOn(p, to)
		}
	}
}

// passWhole is what most bytes are when nothing is gathered: a whole frame at a time.
func passWhole(p []byte, n int, to Sink) (rest []byte) {
	to.Pass(p[:n])
	to.Head(p[:min(n, 4+HeadSize)])
	return p[n:]
}

// begin takes bytes of the length; once it is known, those of the head.
func (s *Splitter) begin(p []byte, to Sink) []byte {
	n := min(4-len(s.begun), len(p))
	s.begun = append(s.begun, p[:n]...)
	if !s.gathers {
		to.Pass(p[:n])
	}
	p = p[n:]
	if len(s.begun) < 4 {
		return p
	}
	length := binary.BigEndian.Uint32(s.begun)
	switch {
	case length > longest:
		s.raw = true
		if s.gathers {
			to.Pass(s.begun)
		}
		s.begun = nil
		return p
	case s.gathers && length > gatherLimit:
		s.gathers = false
		to.Pass(s.begun)
	}
	s.rest = int(length)
	if s.rest == 0 {
		s.end(to)
	}
	return p
}

// carryOn takes bytes behind the length.
func (s *Splitter) carryOn(p []byte, to Sink) []byte {
	n := min(s.rest, len(p))
	if s.gathers {
		s.begun = append(s.begun, p[:n]...)
	} else {
		to.Pass(p[:n])
		if room := 4 + HeadSize - len(s.begun); room > 0 {
			s.begun = append(s.begun, p[:min(room, n)]...)
			if len(s.begun) == 4+HeadSize {
				to.Head(s.begun)
			}
		}
	}
	if s.rest -= n; s.rest == 0 {
		s.end(to)
	}
	return p[n:]
}

// end is after a frame's last byte.
func (s *Splitter) end(to Sink) {
	if s.gathers {
		whole := s.begun
		s.begun = nil
		to.Frame(whole)
		return
	}
	head := s.begun
	s.begun = s.begun[:0]
	if len(head) < 4+HeadSize { // otherwise the sink has it
		to.Head(head)
	}
}

// Between reports whether no frame is passing: the next byte to pass begins one.
func (s *Splitter) Between() bool { return !s.raw && (s.gathers || len(s.begun) == 0) }

// Held is what was taken of a frame that is not whole yet, and not given to the sink. The
// rest of it, if it ever comes, passes.
func (s *Splitter) Held() []byte {
	if !s.gathers || s.raw || len(s.begun) == 0 {
		return nil
	}
	held := s.begun
	s.begun, s.raw = nil, true
	return held
}
