//go:build interop

package differential

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"time"

	"oakmoot/internal/zkwire"
)

// answerPatience is how long a server may take to answer.
const answerPatience = 20 * time.Second

// client is a connection that sends what it is told and keeps what it gets, bytes
// for bytes.
type client struct {
	net.Conn
	session zkwire.SessionID
	xid     zkwire.Xid
	events  []zkwire.WatcherEvent // that came since they were last taken
}

func dial(addr string) (*client, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	c := &client{Conn: conn}
	hello := zkwire.ConnectRequest{Timeout: 40 * time.Second, Password: make([]byte, zkwire.PasswordLength), HasReadOnly: true}
	if err := c.write(&hello); err != nil {
		return nil, err
	}
	frame, err := c.frame()
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", addr, err)
	}
	var welcome zkwire.ConnectResponse
	welcome.Decode(zkwire.NewDecoder(frame))
	c.session = welcome.Session
	return c, nil
}

// send sends a request and returns the xid that its reply will have.
func (c *client) send(op zkwire.Op, request zkwire.Record) (zkwire.Xid, error) {
	c.xid++
	xid := c.xid
	switch op {
	case zkwire.OpPing:
		xid = -2
	case zkwire.OpAuth:
		xid = -4
	}
	records := []zkwire.Record{&zkwire.RequestHeader{Xid: xid, Op: op}}
	if request != nil {
		records = append(records, request)
	}
	return xid, c.write(records...)
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
			var e zkwire.WatcherEvent
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

// takeEvents returns what has come since it was last asked, and forgets it.
func (c *client) takeEvents() []zkwire.WatcherEvent {
	events := c.events
	c.events = nil
	return events
}
