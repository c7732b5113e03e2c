package zkembed

import (
	"net"
	"sync"
	"sync/atomic"
	"time"

	"oakmoot/internal/zk/zkwire"
)

// conn is a client's connection. Its reader hands requests to the state; its
// writer writes what the state has released. It has many fields because three goroutines
// meet in it; and since there may be ten thousand connections, each part split off would
// cost ten thousand more allocations.
type conn struct {
	srv    *Server
	at     *Endpoint
	life   *lifetime
	net    net.Conn // the connection itself, under TLS too
	host   string
	opened time.Time
	number int64 // in order of arrival

	// Owned by the state.
	sess        *session
	ids         []zkwire.ID
	hasReadOnly bool
	hungUp      bool
	asks        bool // a four-letter word, and no session
	touched     bool // it has output in this batch
	out         zkwire.Encoder
	held        held
	counted     int    // bytes of out that are accounted for
	rest        []byte // requests that wait until the client has read what it is owed
	stats       connStats
	owed        atomic.Int64 // bytes that are released and not yet written; changed with mu
	prompt      promptConn   // nil when everything goes through the writer; set before the first parcel

	mu       sync.Mutex // guards the fields below
	stream   net.Conn   // what is read and written; the reader sets it before the first parcel
	released []byte     // to be written
	spare    []byte     // a buffer to reuse
	writing  bool       // the writer is about to write, or does
	behind   bool       // there are requests in rest
	hopes    int64      // they go on once no more than this is owed; -1 while nobody waits
	last     bool       // close once it is written
	wake     *sync.Cond // released or last has changed
	room     *sync.Cond // the writer has taken what was released, or ended
	over     bool
	ended    chan struct{} // closed when over: nobody waits any more
}

const (
	// sessionlessLimit is how long a connection may stay without a session.
	sessionlessLimit = 10 * time.Second
	// lingerLimit is how long a closing connection may take for its last bytes.
	lingerLimit = time.Second
	// spareLimit is the largest buffer that is kept for reuse.
	spareLimit = 64 << 10
)

func newConn(at *Endpoint, life *lifetime, nc net.Conn) *conn {
	ip := ipID(nc.RemoteAddr())
	c := &conn{srv: at.srv, at: at, life: life, net: nc, stream: nc, host: ip.ID, opened: time.Now(), ids: []zkwire.ID{ip}, hopes: -1, ended: make(chan struct{})}
	c.wake, c.room = sync.NewCond(&c.mu), sync.NewCond(&c.mu)
	return c
}

// serve reads until the connection ends, then waits for its writer.
func (c *conn) serve() {
	var writer sync.WaitGroup
	writer.Go(c.write)
	c.read()
	c.life.post(parcel{conn: c, gone: true})
	c.finish()
	writer.Wait()
	_ = c.net.Close() // it has ended already, one way or another
}

// read hands on what the client sends until the connection ends.
func (c *conn) read() {
	in := &frameReader{limit: c.srv.opts.MaxFrame}
	for more := c.begin(in); more; {
		c.awaitRoom()
		frames, err := in.next()
		more = err == nil && c.post(parcel{conn: c, frames: frames})
	}
}

// begin answers a four-letter word, or hands on the connect request: true when further
// requests follow.
func (c *conn) begin(in *frameReader) (more bool) {
	_ = c.net.SetReadDeadline(time.Now().Add(sessionlessLimit)) // if it fails, so does the next read
	if err := c.greet(c.srv.tls); err != nil {
		c.srv.opts.Log.Debug("connection without a session", "error", err)
		return false
	}
	in.src = c.stream
	if c.stream == c.net {
		if c.prompt = promptly(c.net); c.prompt != nil {
			in.src = c.prompt
		}
	}
	first, err := in.peek(lengthSize)
	if err != nil {
		return false
	}
	if answer, ok := words[string(first)]; ok {
		c.answerWord(in, string(first), answer)
		return false
	}
	frame, err := in.first()
	if err != nil {
		return false
	}
	_ = c.net.SetReadDeadline(time.Time{}) // from here on the session's timeout decides
	var req zkwire.ConnectRequest
	d := zkwire.NewDecoder(frame)
	req.Decode(d)
	return d.Err() == nil && c.post(parcel{conn: c, connect: &req})
}

// post hands a parcel to the state, once the link has let it through.
func (c *conn) post(p parcel) bool {
	if !c.at.link.pass(c.ended) {
		return false
	}
	p.at = time.Now()
	return c.life.post(p)
}

// awaitRoom holds the reader up while its client does not read what it asked for, or
// while earlier requests are kept waiting.
func (c *conn) awaitRoom() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for (len(c.released) > c.srv.limits.enough || c.behind) && !c.last {
		c.room.Wait()
	}
}

// setBehind tells the reader whether requests are kept waiting.
func (c *conn) setBehind(behind bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.behind = behind
	c.room.Signal()
}

// wantRoom reports whether no more than this is owed; if not, the writer posts a parcel
// once that is so.
func (c *conn) wantRoom(most int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.owed.Load() <= int64(most) {
		return true
	}
	c.hopes = int64(most)
	return false
}

// owe counts bytes that are released, or written; the caller holds mu.
func (c *conn) owe(n int) {
	c.owed.Add(int64(n))
	c.life.owed.Add(int64(n))
}

// owes reports whether the client is owed more than it is allowed.
func (c *conn) owes(allowance int) bool { return int(c.owed.Load())+len(c.out.Buf) > allowance }

// writeAtOnce writes as much of the batch's output as goes without waiting: waking the
// writer costs more than a write. It reports whether that was all of it.
func (c *conn) writeAtOnce() bool {
	idle := !c.hungUp && // it may be before its reader has begun, which sets prompt
		c.prompt != nil && len(c.out.Buf) <= spareLimit && !c.at.link.troubled.Load()
	if idle {
		c.mu.Lock()
		idle = len(c.released) == 0 && !c.writing && !c.last
		c.mu.Unlock()
	}
	if !idle { // once the writer is idle, only the state can change that
		return false
	}
	n := c.prompt.WriteSome(c.out.Buf)
	c.out.Buf = c.out.Buf[:copy(c.out.Buf, c.out.Buf[n:])]
	if len(c.out.Buf) == 0 && cap(c.out.Buf) > spareLimit {
		c.out.Buf = nil
	}
	return len(c.out.Buf) == 0
}

// release writes the batch's output, or hands it to the writer; the state calls it.
func (c *conn) release() {
	if c.writeAtOnce() {
		return
	}
	c.mu.Lock()
	switch {
	case c.last:
		c.drop()
	case len(c.released)+len(c.out.Buf) > c.srv.limits.most:
		c.last = true
		c.drop()
	case len(c.released) == 0:
		c.owe(len(c.out.Buf))
		c.released, c.out.Buf, c.spare = c.out.Buf, c.spare, nil
	default:
		c.owe(len(c.out.Buf))
		c.released = append(c.released, c.out.Buf...)
	}
	c.out.Buf = c.out.Buf[:0]
	c.last = c.last || c.hungUp
	last := c.last
	c.mu.Unlock()
	c.wake.Signal()
	if last {
		_ = c.net.SetWriteDeadline(time.Now().Add(lingerLimit)) // frees a writer that is stuck
	}
}

// drop discards what is released; the caller holds mu.
func (c *conn) drop() {
	c.owe(-len(c.released))
	c.released = nil
}

// finish has the writer end once it has written what it has.
func (c *conn) finish() {
	c.mu.Lock()
	if c.last = true; !c.over {
		c.over = true
		close(c.ended)
	}
	c.mu.Unlock()
	c.wake.Signal()
	c.room.Signal()
	_ = c.net.SetWriteDeadline(time.Now().Add(lingerLimit)) // frees a writer that is stuck
}

// write writes what is released until there is no more to come.
func (c *conn) write() {
	for last := false; !last; {
		var batch []byte
		if batch, last = c.take(); len(batch) == 0 {
			continue
		}
		if !c.at.link.pass(c.ended) {
			break
		}
		if last {
			_ = c.net.SetWriteDeadline(time.Now().Add(lingerLimit)) // again: the link has taken its time
		}
		if _, err := c.stream.Write(batch); err != nil {
			break
		}
		c.giveBack(batch)
	}
	c.bye()
	_ = c.net.Close() // ends the reader, if it has not ended by itself
	c.finish()
	c.mu.Lock()
	c.released = nil
	c.owe(-int(c.owed.Load())) // also what could not be written
	c.mu.Unlock()
}

// take waits for something to write, or for the end.
func (c *conn) take() (batch []byte, last bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.released) == 0 && !c.last {
		c.wake.Wait()
	}
	batch, c.released = c.released, nil
	c.writing = len(batch) > 0
	c.room.Signal()
	return batch, c.last
}

// giveBack notes that a batch is written, and lets requests that waited for that go on.
func (c *conn) giveBack(batch []byte) {
	c.mu.Lock()
	c.owe(-len(batch))
	if c.writing = false; cap(batch) <= spareLimit {
		c.spare = batch[:0]
	}
	goOn := c.owed.Load() <= c.hopes
	if goOn {
		c.hopes = -1
	}
	c.mu.Unlock()
	if goOn {
		c.life.post(parcel{conn: c, goOn: true})
	}
}
