package zkembed_test

import (
	"encoding/binary"
	"io"
	"net"
	"testing"
	"time"

	"oakmoot/internal/zk/zkwire"
	"oakmoot/zkembed"
)

// wireClient speaks the protocol itself, one request at a time, where go-zookeeper is of
// no use: it cannot be a read-only client, and reconnects when it should not.
type wireClient struct {
	t   testing.TB
	net net.Conn
	xid zkwire.Xid
}

func newWireClient(t testing.TB, nc net.Conn) *wireClient {
	t.Cleanup(func() { nc.Close() })
	return &wireClient{t: t, net: nc}
}

// dialWire opens a connection to an endpoint, without a session.
func dialWire(t testing.TB, e *zkembed.Endpoint) *wireClient {
	t.Helper()
	nc, err := e.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return newWireClient(t, nc)
}

// lasting is a session's timeout where a test is about something else: a wireClient sends
// no pings, and how long a test takes depends on the machine.
const lasting = time.Hour

// open asks for a session; the zero request is for a new one that lasts, if the server
// lets it.
func (c *wireClient) open(q zkwire.ConnectRequest) (zkwire.ConnectResponse, error) {
	c.t.Helper()
	if q.Password == nil {
		q.Password = make([]byte, zkwire.PasswordLength)
	}
	if q.Timeout == 0 {
		q.Timeout = lasting
	}
	q.HasReadOnly = true
	c.write(&q)
	var answer zkwire.ConnectResponse
	frame, err := c.frame()
	if err == nil {
		d := zkwire.NewDecoder(frame)
		answer.Decode(d)
		err = d.Err()
	}
	return answer, err
}

// do sends a request and returns the code of its answer, and what follows it.
func (c *wireClient) do(op zkwire.Op, body zkwire.Record) (zkwire.Code, *zkwire.Decoder, error) {
	c.t.Helper()
	c.ask(op, body)
	return c.answer()
}

func (c *wireClient) ask(op zkwire.Op, body zkwire.Record) {
	c.t.Helper()
	c.xid++
	records := []zkwire.Record{&zkwire.RequestHeader{Xid: c.xid, Op: op}}
	if body != nil {
		records = append(records, body)
	}
	c.write(records...)
}

// answer is the next answer; events and pings are skipped.
func (c *wireClient) answer() (zkwire.Code, *zkwire.Decoder, error) {
	h, d, err := c.next()
	return h.Code, d, err
}

// header is the next answer without what follows it.
func (c *wireClient) header() (zkwire.ReplyHeader, error) {
	h, _, err := c.next()
	return h, err
}

func (c *wireClient) next() (h zkwire.ReplyHeader, d *zkwire.Decoder, err error) {
	for {
		frame, err := c.frame()
		if err != nil {
			return h, nil, err
		}
		d := zkwire.NewDecoder(frame)
		if h.Decode(d); h.Xid > 0 {
			return h, d, d.Err()
		}
	}
}

func (c *wireClient) write(records ...zkwire.Record) {
	var e zkwire.Encoder
	mark := e.StartFrame()
	for _, r := range records {
		r.Encode(&e)
	}
	e.EndFrame(mark)
	_, _ = c.net.Write(e.Buf) // a closed connection shows when the answer is read
}

func (c *wireClient) frame() ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(c.net, head[:]); err != nil {
		return nil, err
	}
	frame := make([]byte, binary.BigEndian.Uint32(head[:]))
	_, err := io.ReadFull(c.net, frame)
	return frame, err
}

// word asks an endpoint a four-letter word.
func word(t testing.TB, e *zkembed.Endpoint, name string) string {
	t.Helper()
	nc, err := e.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	_, _ = io.WriteString(nc, name) // the answer shows whether it arrived
	text, err := io.ReadAll(nc)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return string(text)
}
