package fault_test

import (
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"oakmoot/internal/run/fault"
	"oakmoot/internal/run/memnet"
	"oakmoot/internal/zk/zkwire"
)

// zkRig is a link with an open ZooKeeper connection, whose server is the test.
type zkRig struct {
	t            *testing.T
	link         *fault.Link
	client       net.Conn
	server       net.Conn
	ln           net.Listener
	nextXid, nth int
}

// zkBubble runs f with a connection that has just been greeted.
func zkBubble(t *testing.T, f func(r *zkRig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New()
		ln, err := n.Listen("127.0.0.1:1")
		if err != nil {
			t.Fatal(err)
		}
		r := &zkRig{t: t, ln: ln, link: fault.NewLink(n.DialContext, rand.New(rand.NewPCG(1, 1)))}
		r.connect()
		f(r)
		r.link.Cut()
		r.server.Close()
		ln.Close()
	})
}

// connect dials, and exchanges the greeting.
func (r *zkRig) connect() {
	r.t.Helper()
	var err error
	if r.client, err = r.link.DialZK(r.t.Context(), "tcp", "127.0.0.1:1"); err != nil {
		r.t.Fatal(err)
	}
	if r.server, err = r.ln.Accept(); err != nil {
		r.t.Fatal(err)
	}
	r.write(r.client, framed(&zkwire.ConnectRequest{Password: make([]byte, 16)}))
	r.read(r.server)
	r.write(r.server, framed(&zkwire.ConnectResponse{Session: 7, Password: make([]byte, 16)}))
	r.read(r.client)
}

func framed(records ...zkwire.Record) []byte {
	var e zkwire.Encoder
	mark := e.StartFrame()
	for _, record := range records {
		record.Encode(&e)
	}
	e.EndFrame(mark)
	return e.Buf
}

func (r *zkRig) write(c net.Conn, p []byte) {
	r.t.Helper()
	if _, err := c.Write(p); err != nil {
		r.t.Fatal(err)
	}
}

// read is the next frame, without its length.
func (r *zkRig) read(c net.Conn) []byte {
	r.t.Helper()
	f, err := readFrame(c)
	if err != nil {
		r.t.Fatal(err)
	}
	return f
}

func readFrame(c net.Conn) ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(c, head[:]); err != nil {
		return nil, err
	}
	f := make([]byte, binary.BigEndian.Uint32(head[:]))
	_, err := io.ReadFull(c, f)
	return f, err
}

// getData and create send a request, as the client does, and return its xid.
func (r *zkRig) getData(path string) zkwire.Xid {
	return r.ask(zkwire.OpGetData, &zkwire.ReadRequest{Path: path})
}

func (r *zkRig) create(path string) zkwire.Xid {
	return r.ask(zkwire.OpCreate, &zkwire.CreateRequest{Path: path})
}

func (r *zkRig) ask(op zkwire.Op, record zkwire.Record) zkwire.Xid {
	r.t.Helper()
	r.nextXid++
	xid := zkwire.Xid(r.nextXid)
	r.write(r.client, framed(&zkwire.RequestHeader{Xid: xid, Op: op}, record))
	return xid
}

// serve takes the next request and answers it; it returns its xid.
func (r *zkRig) serve() zkwire.Xid {
	r.t.Helper()
	xid := r.take()
	r.answer(xid)
	return xid
}

func (r *zkRig) take() zkwire.Xid {
	r.t.Helper()
	return zkwire.Xid(binary.BigEndian.Uint32(r.read(r.server)))
}

func (r *zkRig) answer(xid zkwire.Xid) {
	r.t.Helper()
	r.nth++
	r.write(r.server, framed(&zkwire.ReplyHeader{Xid: xid, Zxid: zkwire.Zxid(100 + r.nth)}))
}

// reply is what the client gets next.
func (r *zkRig) reply() zkwire.ReplyHeader {
	r.t.Helper()
	var h zkwire.ReplyHeader
	h.Decode(zkwire.NewDecoder(r.read(r.client)))
	return h
}

// arm arms a fault that the rule allows.
func (r *zkRig) arm(e fault.Effect, rule fault.Rule) *fault.Armed {
	r.t.Helper()
	a, err := r.link.Arm(e, rule)
	if err != nil {
		r.t.Fatal(err)
	}
	return a
}

// silent checks that nothing arrives for an hour.
func silent(t *testing.T, what string, c net.Conn) {
	t.Helper()
	c.SetReadDeadline(time.Now().Add(time.Hour))
	defer c.SetReadDeadline(time.Time{})
	if n, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%s: read %d bytes, %v; want nothing for an hour", what, n, err)
	}
}

// ended checks that the connection has ended on both sides, for the client by a reset.
func (r *zkRig) ended() {
	r.t.Helper()
	if _, err := r.client.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		r.t.Errorf("client: got %v, want a reset", err)
	}
	if n, err := r.server.Read(make([]byte, 1)); err != io.EOF {
		r.t.Errorf("server: read %d bytes, %v; want the end", n, err)
	}
}

func creates(path string) fault.Rule {
	return fault.Rule{ZK: &fault.Frames{Ops: []string{"create"}, Path: path}}
}
