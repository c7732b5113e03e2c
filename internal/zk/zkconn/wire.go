package zkconn

import (
	"encoding/binary"
	"net"
	"time"

	"oakmoot/internal/zk/zkwire"
)

// wire protects the real client from two of its own bugs.
//
// A failed write closes the connection, and the client finds out when it reads. If it
// were told of the failure directly, it would answer the request twice, and with a
// Close at the same time a third time; nobody takes that answer, and the client's loop
// would hang forever.
//
// After a reconnection, waiting requests go out after setWatches, as in Java's client.
// The real client sends them first; while their answers are read they advance the zxid
// from which setWatches asks for changes, and a change in between could be missed.
// Without outstanding watches there is no setWatches, but the real client looks for
// watches all the same, and until it has, no request that sets one may be answered.
//
// It also puts a deadline on the handshake, for which the real client hardly has one.
type wire struct {
	net.Conn
	handshake handshake
	session   *session // nil without a real client
	ahead     []byte   // read from the connection, and not yet by the real client, whose reader owns it
	room      []byte   // for what is read ahead

	watching func() bool   // whether watches are outstanding
	turn     chan struct{} // held while the fields below are used, and while writing
	first    bool          // nothing has been written: the next is the connect request
	settled  bool          // setWatches has gone out, or is not waited for
	held     [][]byte      // whole frames, and few: the real client queues no more than it has callers
	look     *time.Timer   // checks whether setWatches is still to be waited for
	looks    int
}

// How often to check whether watches are still outstanding: those of an ended session
// are known to be gone a moment after the next connection is up. The limit is for a
// client that never gives up its watches: then requests may overtake setWatches, but
// nothing waits forever.
const (
	lookEvery = 10 * time.Millisecond
	lookLimit = 100
)

// newWire returns a connection whose handshake has to be over by the deadline; one that
// is not the client's first waits for setWatches.
func newWire(c net.Conn, again bool, deadline time.Time, watching func() bool) *wire {
	return &wire{
		Conn: c, handshake: handshake{deadline: deadline}, watching: watching,
		turn: make(chan struct{}, 1), first: true, settled: !again,
	}
}

// lasted reports whether the connection got a session and kept it for a moment.
func (w *wire) lasted() bool {
	granted := w.handshake.granted
	return !granted.IsZero() && time.Since(granted) >= attemptPause
}

// readAhead is how much is read at once: most answers and notifications are shorter.
const readAhead = 4 << 10

// Read reads ahead, as the real client asks for each frame's length first.
func (w *wire) Read(b []byte) (int, error) {
	if w.handshake.over && w.session != nil {
		w.session.buffers.reading()
		w.session.watches.handedOn()
	}
	if len(w.ahead) == 0 {
		if len(b) >= readAhead || !w.handshake.over {
			n, err := w.Conn.Read(b)
			w.handshake.read(b[:n])
			return n, err
		}
		if w.room == nil {
			w.room = make([]byte, readAhead)
		}
		n, err := w.Conn.Read(w.room)
		if n == 0 {
			return 0, err
		}
		w.ahead = w.room[:n] // an error comes again
	}
	n := copy(b, w.ahead)
	w.ahead = w.ahead[n:]
	return n, nil
}

// SetReadDeadline leaves out that there is no deadline between two frames: the real client sets the next one before it
// reads on.
func (w *wire) SetReadDeadline(t time.Time) error {
	if w.handshake.over && t.IsZero() {
		return nil
	}
	return w.Conn.SetReadDeadline(w.handshake.bounded(t))
}

// Write takes a whole frame, which is what the real client writes.
func (w *wire) Write(frame []byte) (int, error) {
	w.turn <- struct{}{}
	defer func() { <-w.turn }()
	given := len(frame)
	if w.session != nil && !w.first {
		w.session.buffers.sending(frame)
		frame = w.session.buffers.whole(frame)
	}
	switch {
	case w.first:
		w.first = false
		w.send(frame)
	case w.settled || urgent(frame):
		w.send(frame)
	case opcode(frame) == zkwire.OpSetWatches:
		w.send(frame)
		w.flush()
	default:
		w.held = append(w.held, append([]byte(nil), frame...))
		if w.look == nil {
			w.look = time.AfterFunc(lookEvery, w.lookAgain)
		}
		if opcode(frame) == zkwire.OpCloseSession {
			w.looks = lookLimit // a client that ends may never set its watches again
		}
	}
	return given, nil
}

// lookAgain releases what is held once nothing is watched any more.
func (w *wire) lookAgain() {
	w.turn <- struct{}{}
	defer func() { <-w.turn }()
	if w.looks++; !w.settled && w.watching() && w.looks < lookLimit {
		w.look.Reset(lookEvery)
		return
	}
	w.flush()
}

func (w *wire) flush() {
	if w.look != nil {
		w.look.Stop()
	}
	for _, frame := range w.held {
		w.send(frame)
	}
	w.settled, w.held = true, nil
}

func (w *wire) send(frame []byte) {
	if _, err := w.Conn.Write(frame); err != nil {
		_ = w.Close() // it has failed already
	}
}

// opcode returns a request's opcode, which follows its length and xid.
func opcode(frame []byte) zkwire.Op {
	if len(frame) < 12 {
		return 0
	}
	return zkwire.Op(int32(binary.BigEndian.Uint32(frame[8:])))
}

// urgent reports whether a frame may go ahead: it concerns the connection, and its
// answer has no zxid.
func urgent(frame []byte) bool {
	op := opcode(frame)
	return op == zkwire.OpPing || op == zkwire.OpAuth
}
