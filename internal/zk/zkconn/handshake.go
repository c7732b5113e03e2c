package zkconn

import (
	"encoding/binary"
	"time"
)

// handshake follows the answer to the connect request as it is read. The real client's
// loop owns it.
type handshake struct {
	deadline time.Time // when the answer must have come: the real client waits for several session timeouts
	head     []byte    // of the answer, as far as it has been read
	over     bool
	granted  time.Time // when a session was granted
}

// answerHead is the part of an answer that is looked at: its length, the protocol's
// version, the timeout, and the session, which is 0 for a refusal.
const answerHead = 4 + 4 + 4 + 8

// read looks at bytes that have just been read.
func (h *handshake) read(b []byte) {
	if h.over {
		return
	}
	h.head = append(h.head, b[:min(len(b), answerHead-len(h.head))]...)
	if len(h.head) < answerHead {
		return
	}
	h.over = true
	if binary.BigEndian.Uint64(h.head[answerHead-8:]) != 0 {
		h.granted = time.Now()
	}
}

// bounded limits a read deadline to that of the handshake.
func (h *handshake) bounded(t time.Time) time.Time {
	if !h.over && (t.IsZero() || h.deadline.Before(t)) {
		return h.deadline
	}
	return t
}
