//go:build interop

package differential

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"time"

	"oakmoot/internal/zk/zkwire"
)

// answerPatience is how long a server may take to answer.
const answerPatience = 20 * time.Second

// client is a connection that sends what it is told to and keeps what it gets, byte for byte.
type client struct {
	net.Conn
	session  zkwire.SessionID
	password []byte
	xid      zkwire.Xid
	events   []event // that came since they were last taken
}

// event is what a watch reported, and at which transaction.
type event struct {
	zkwire.WatcherEvent
	zxid zkwire.Zxid
}

// Session timeouts that clients ask for; a server grants the nearest it allows.
const (
	longTimeout  = 40 * time.Second
	leastTimeout = time.Millisecond
)

// dial opens a session, or attaches to a client's.
func dial(addr string, of *client, timeout time.Duration) (*client, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	c := &client{Conn: conn}
	hello := zkwire.ConnectRequest{Timeout: timeout, Password: make([]byte, zkwire.PasswordLength), HasReadOnly: true}
	if of != nil {
		hello.Session, hello.Password = of.session, of.password
	}
	if err := c.write(&hello); err != nil {
		return nil, err
	}
	frame, err := c.frame()
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", addr, err)
	}
	var welcome zkwire.ConnectResponse
	welcome.Decode(zkwire.NewDecoder(frame))
	c.session, c.password = welcome.Session, welcome.Password
	return c, nil
}

// send sends requests in one go and returns the xids that their replies will have.
func (c *client) send(requests ...request) ([]zkwire.Xid, error) {
	var e zkwire.Encoder
	var xids []zkwire.Xid
	for _, r := range requests {
		c.xid++
		xid := c.xid
		switch r.op {
		case zkwire.OpPing:
			xid = zkwire.XidPing
		case zkwire.OpAuth:
			xid = zkwire.XidAuth
		}
		mark := e.StartFrame()
		(&zkwire.RequestHeader{Xid: xid, Op: r.op}).Encode(&e)
		e.Buf = append(e.Buf, r.body...)
		e.EndFrame(mark)
		xids = append(xids, xid)
	}
	_, err := c.Write(e.Buf)
	return xids, err
}

// request is what is sent.
type request struct {
	op   zkwire.Op
	body []byte
}

func encoded(op zkwire.Op, r zkwire.Record) request {
	var e zkwire.Encoder
	r.Encode(&e)
	return request{op, e.Buf}
}

func (c *client) write(records ...zkwire.Record) error {
	var e zkwire.Encoder
	mark := e.StartFrame()
	for _, r := range records {
		r.Encode(&e)
	}
	e.EndFrame(mark)
	_, err := c.Write(e.Buf)
	return err
}

// reply waits for the reply with the xid; events that come before it are kept.
func (c *client) reply(xid zkwire.Xid) (zkwire.ReplyHeader, *zkwire.Decoder, error) {
	for {
		frame, err := c.frame()
		if err != nil {
			return zkwire.ReplyHeader{}, nil, err
		}
		d := zkwire.NewDecoder(frame)
		var h zkwire.ReplyHeader
		h.Decode(d)
		if h.Xid == zkwire.XidNotification {
			e := event{zxid: h.Zxid}
			e.Decode(d)
			c.events = append(c.events, e)
			continue
		}
		if h.Xid != xid {
			return h, nil, fmt.Errorf("reply to %d, want one to %d", h.Xid, xid)
		}
		return h, d, nil
	}
}

func (c *client) frame() ([]byte, error) {
	if err := c.SetReadDeadline(time.Now().Add(answerPatience)); err != nil {
		return nil, err
	}
	var size [4]byte
	if _, err := io.ReadFull(c, size[:]); err != nil {
		return nil, err
	}
	frame := make([]byte, binary.BigEndian.Uint32(size[:]))
	_, err := io.ReadFull(c, frame)
	return frame, err
}

// takeEvents returns the events since the last call, and forgets them.
func (c *client) takeEvents() []event {
	events := c.events
	c.events = nil
	return events
}
