package fault

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"oakmoot/internal/zk/zkwire"
)

// session is a ZooKeeper session as its connection's answer names it.
type session struct {
	id       int64
	password []byte
}

// saw notes the session that the answer to a connect request names; id 0 names none.
func (l *Link) saw(id int64, password []byte) {
	if id == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.session = session{id: id, password: password}
}

// ErrNoSession is the error of ExpireSession when the node never had a session.
var ErrNoSession = errors.New("fault: no session was seen on this link")

// ExpireSession ends the node's ZooKeeper session from outside, on any server: a
// second connection takes the session over, with its id and password, and closes
// it. The node sees its connection break and learns of the rest when it is back.
func (l *Link) ExpireSession(ctx context.Context) error {
	var addr string
	for _, w := range l.open(func(p Peer) bool { return p.ZooKeeper }) {
		addr = w.peer.Addr
	}
	l.mu.Lock()
	s := l.session
	l.mu.Unlock()
	if s.id == 0 || addr == "" {
		return ErrNoSession
	}
	c, err := l.dial(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("take over session 0x%x: %w", s.id, err)
	}
	defer c.Close()
	if deadline, ok := ctx.Deadline(); ok {
		_ = c.SetDeadline(deadline) // if it fails, so do the next calls
	}
	if _, err := c.Write(takeOver(s)); err != nil {
		return fmt.Errorf("take over session 0x%x: %w", s.id, err)
	}
	for range 2 { // the answers to both requests
		if err := skipFrame(c); err != nil {
			return fmt.Errorf("take over session 0x%x: %w", s.id, err)
		}
	}
	return nil
}

// takeOver is a connect request for a session with a close behind it.
func takeOver(s session) []byte {
	var e zkwire.Encoder
	mark := e.StartFrame()
	e.Int(0)
	e.Long(0)
	e.Int(30_000)
	e.Long(s.id)
	e.Buffer(s.password)
	e.Bool(false)
	e.EndFrame(mark)
	mark = e.StartFrame()
	e.Int(1)
	e.Int(int32(zkwire.OpCloseSession))
	e.EndFrame(mark)
	return e.Buf
}

func skipFrame(r io.Reader) error {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return err
	}
	n := binary.BigEndian.Uint32(head[:])
	if n > zkwire.DefaultMaxFrame {
		return fmt.Errorf("answer of %d bytes", n)
	}
	_, err := io.CopyN(io.Discard, r, int64(n))
	return err
}
