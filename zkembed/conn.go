package zkembed

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"oakmoot/internal/zkwire"
)

// conn is a client's connection. Its reader hands requests to the state; its
// writer writes what the state has released.
type conn struct {
	srv    *Server
	life   *lifetime
	net    net.Conn
	opened time.Time

	// Owned by the state.
	sess        *session
	ids         []zkwire.ID
	hasReadOnly bool
	hungUp      bool
	out         zkwire.Encoder

	mu       sync.Mutex // guards the fields below
	released []byte     // to be written
	last     bool       // close once it is written
	wake     chan struct{}
}

// outputLimit is how many bytes may wait to be written to a client that does not
// read; past it the connection is closed.
const outputLimit = 256 << 20

// sessionlessLimit is how long a connection may stay without a session.
const sessionlessLimit = 10 * time.Second

func newConn(srv *Server, life *lifetime, nc net.Conn) *conn {
	return &conn{srv: srv, life: life, net: nc, opened: time.Now(), ids: []zkwire.ID{ipID(nc.RemoteAddr())}, wake: make(chan struct{}, 1)}
}

// serve reads until the connection ends, then waits for its writer.
func (c *conn) serve() {
	var writer sync.WaitGroup
	writer.Go(c.write)
	c.read()
	c.life.post(&request{conn: c, gone: true})
	c.finish()
	writer.Wait()
	_ = c.net.Close() // ended already, one way or another
}

var errFrame = errors.New("frame has an impossible length")

// read hands on the connect request and then every frame, until the connection ends.
func (c *conn) read() {
	r := bufio.NewReaderSize(c.net, 16<<10)
	_ = c.net.SetReadDeadline(time.Now().Add(sessionlessLimit)) // if it fails, so does the next read
	first, err := r.Peek(4)
	if err != nil {
		return
	}
	if word, ok := words[string(first)]; ok {
		c.answerWord(r, word)
		return
	}
	frame, err := c.frame(r)
	if err != nil {
		return
	}
	_ = c.net.SetReadDeadline(time.Time{}) // from here on the session's timeout decides
	connect, err := decodeConnect(frame)
	if err != nil || !c.life.post(&request{conn: c, connect: &connect}) {
		return
	}
	for {
		frame, err := c.frame(r)
		if err != nil || len(frame) < 8 {
			return
		}
		req := &request{
			conn: c, xid: zkwire.Xid(binary.BigEndian.Uint32(frame)), op: zkwire.Op(binary.BigEndian.Uint32(frame[4:])), body: frame[8:],
		}
		if !c.life.post(req) {
			return
		}
	}
}

// eagerFrame is up to which length a frame's memory is taken before its bytes are
// there; a longer one grows as they come.
const eagerFrame = 64 << 10

func (c *conn) frame(r *bufio.Reader) ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	n := int32(binary.BigEndian.Uint32(head[:]))
	if n < 0 || int(n) > c.srv.opts.MaxFrame {
		return nil, errFrame
	}
	if n <= eagerFrame {
		frame := make([]byte, n)
		_, err := io.ReadFull(r, frame)
		return frame, err
	}
	frame, err := io.ReadAll(io.LimitReader(r, int64(n)))
	if err == nil && len(frame) < int(n) {
		err = io.ErrUnexpectedEOF
	}
	return frame, err
}

// release hands the batch's output to the writer; the state calls it.
func (c *conn) release() {
	c.mu.Lock()
	if len(c.released)+len(c.out.Buf) > outputLimit {
		c.last, c.released = true, nil
	} else if len(c.released) == 0 {
		c.released, c.out.Buf = c.out.Buf, nil
	} else {
		c.released = append(c.released, c.out.Buf...)
	}
	c.out.Buf = c.out.Buf[:0]
	c.last = c.last || c.hungUp
	c.mu.Unlock()
	c.nudge()
}

// finish lets the writer end after what it has.
func (c *conn) finish() {
	c.mu.Lock()
	c.last = true
	c.mu.Unlock()
	c.nudge()
}

func (c *conn) nudge() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// write writes what is released until there is no more to come.
func (c *conn) write() {
	for range c.wake {
		c.mu.Lock()
		batch, last := c.released, c.last
		c.released = nil
		c.mu.Unlock()
		if len(batch) > 0 {
			if _, err := c.net.Write(batch); err != nil {
				break
			}
		}
		if last {
			break
		}
	}
	_ = c.net.Close() // ends the reader, if it has not ended by itself
}
