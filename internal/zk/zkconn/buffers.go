package zkconn

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"sync"

	"github.com/go-zookeeper/zk"

	"oakmoot/internal/zk/zkwire"
)

// The real client has two buffers of 1.5 MiB, for a client that says next to nothing. These
// are enough at first; what needs more gets it.
const (
	readBuffer = 4 << 10
	sendBuffer = 32 << 10
	// fullSendBuffer holds the longest setWatches, of 128 KiB and a path. It is the only long
	// request that the real client makes by itself.
	fullSendBuffer = 128<<10 + sendBuffer
	// longData is from where on data goes past the buffer.
	longData = 4 << 10
	// longPath is longer than any path that fits into the buffer twice, with data.
	longPath = 8 << 10
)

var errLongPath = errors.New("path too long")

// buffers keeps those of the real client small, and lets pass what does not fit into them.
// Its options can be set later, too: each is set on the goroutine that alone uses the field.
type buffers struct {
	zk    *zk.Conn
	asked int  // bytes of the requests that set watches: setWatches is not longer
	full  bool // the send buffer holds any setWatches

	mu   sync.Mutex // guards long
	long map[string][]byte
}

// beforeDial is for the real client's loop: the next connection's reader begins with a
// small buffer.
func (b *buffers) beforeDial() { zk.WithMaxBufferSize(readBuffer)(b.zk) }

// reading is for the reader, once it has its buffer: that grows with what comes, without a
// limit.
func (b *buffers) reading() { zk.WithMaxBufferSize(0)(b.zk) }

// sending is for the sender, between two requests: the buffer grows with the watches that
// have to be set again after a reconnection.
func (b *buffers) sending(frame []byte) {
	switch opcode(frame) {
	case zkwire.OpExists, zkwire.OpGetData, zkwire.OpGetChildren, zkwire.OpGetChildren2:
		if b.asked += len(frame); b.asked > sendBuffer && !b.full {
			zk.WithMaxConnBufferSize(fullSendBuffer)(b.zk)
			b.full = true
		}
	}
}

// ticketLength is how long a ticket is.
const ticketLength = 24

// ticket is what the real client is given for long data, which takes the ticket's place in
// the frame. It is good until it is returned.
func (b *buffers) ticket(data []byte) (instead []byte, giveBack func()) {
	if len(data) < longData {
		return data, func() {}
	}
	for range ticketLength / 8 {
		instead = binary.BigEndian.AppendUint64(instead, rand.Uint64())
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.long == nil {
		b.long = map[string][]byte{}
	}
	b.long[string(instead)] = data
	return instead, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.long, string(instead))
	}
}

// whole is the frame with the data in the place of its tickets.
func (b *buffers) whole(frame []byte) []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	for ticket, data := range b.long {
		at := bytes.Index(frame, []byte(ticket))
		if at < 4 {
			continue
		}
		whole := make([]byte, 0, len(frame)+len(data))
		whole = append(whole, frame[:at-4]...)
		whole = binary.BigEndian.AppendUint32(whole, uint32(len(data)))
		whole = append(append(whole, data...), frame[at+len(ticket):]...)
		binary.BigEndian.PutUint32(whole, uint32(len(whole)-4))
		frame = whole
	}
	return frame
}

// ticketed has the data of an operation of a transaction take the ticket's place.
func (b *buffers) ticketed(op any) (instead any, giveBack func()) {
	switch o := op.(type) {
	case *zk.CreateRequest:
		instead := *o
		instead.Data, giveBack = b.ticket(o.Data)
		return &instead, giveBack
	case *zk.SetDataRequest:
		instead := *o
		instead.Data, giveBack = b.ticket(o.Data)
		return &instead, giveBack
	}
	return op, func() {}
}
