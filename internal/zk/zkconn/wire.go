package zkconn

import (
	"encoding/binary"
	"net"
	"time"

	"oakmoot/internal/zk/zkwire"
)

// wire is a connection as the real client takes it without harm, in two ways.
//
// A write that fails ends the connection, and the client learns of it where it
// reads: told of the failure itself, it answers the request twice, and with Close at
// the same time a third time, which nobody takes and its loop then waits for ever.
//
// After a reconnection what waited to be sent goes behind setWatches, as Java's
// client has it. The real client sends it first; an answer then moves the zxid since
// which setWatches asks for changes, while it is being read, and a change of
// between could be missed. Without a watch that is out there is no setWatches, but
// the real client looks for watches all the same, and a request that sets one must
// not be answered before that.
//
// It also follows the handshake, which the real client waits for without an end worth
// the name.
type wire struct {
	net.Conn
	handshake handshake

	watching func() bool   // whether watches are out
	turn     chan struct{} // held while the fields below are used, and while writing
	first    bool          // nothing has been written: the next is the connect request
	settled  bool          // setWatches has gone, or is not waited for
	held     [][]byte      // whole frames, few: the real client queues no more than it has callers
	look     *time.Timer   // looks whether setWatches is still to be waited for
	looks    int
}

// How often it is looked whether watches are still out: those of a session that has
// ended are known to be gone a moment after the next connection is there. The limit
// is for a client that keeps its watches to itself: it may be overtaken, but does not
// wait for ever.
const (
	lookEvery = 10 * time.Millisecond
	lookLimit = 100
)

// newWire is a connection on which the handshake has to be over by the deadline; one
// that is not the client's first waits for setWatches.
func newWire(c net.Conn, again bool, deadline time.Time, watching func() bool) *wire {
	return &wire{
		Conn: c, handshake: handshake{deadline: deadline}, watching: watching,
		turn: make(chan struct{}, 1), first: true, settled: !again,
	}
}

// lasted reports whether the connection has brought a session and was of use for a moment.
func (w *wire) lasted() bool {
	granted := w.handshake.granted
	return !granted.IsZero() && time.Since(granted) >= attemptPause
}

func (w *wire) Read(b []byte) (int, error) {
	n, err := w.Conn.Read(b)
	w.handshake.read(b[:n])
	return n, err
}

func (w *wire) SetReadDeadline(t time.Time) error {
	return w.Conn.SetReadDeadline(w.handshake.bounded(t))
}

// Write takes a whole frame, as the real client gives it.
func (w *wire) Write(frame []byte) (int, error) {
	w.turn <- struct{}{}
	defer func() { <-w.turn }()
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
			w.looks = lookLimit // a client that ends may set no watches any more
		}
	}
	return len(frame), nil
}

// lookAgain lets go of what is held once nothing is watched any more.
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

// opcode is a request's, behind its length and xid.
func opcode(frame []byte) zkwire.Op {
	if len(frame) < 12 {
		return 0
	}
	return zkwire.Op(int32(binary.BigEndian.Uint32(frame[8:])))
}

// urgent reports whether a frame need not wait: it is about the connection, and its answer has
// no zxid.
func urgent(frame []byte) bool {
	op := opcode(frame)
	return op == zkwire.OpPing || op == zkwire.OpAuth
}
