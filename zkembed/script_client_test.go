package zkembed_test

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"oakmoot/internal/zk/zkwire"
)

// scriptClient speaks the protocol byte by byte and records what it receives.
type scriptClient struct {
	name    string
	play    *play
	net     net.Conn
	session zkwire.SessionID
	pass    []byte
	xid     zkwire.Xid
	waiting []sent // requests without an answer, in order
	told    []string
	first   bool // the connect response has not been read

	mu     sync.Mutex // guards the field below
	frames [][]byte   // received; nil is the end of the connection
}

// sent is a request that waits for its answer.
type sent struct {
	xid zkwire.Xid
	op  zkwire.Op
}

func (p *play) dial(name string) *scriptClient {
	nc, err := p.server().Dial(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	c := &scriptClient{name: name, play: p, net: nc, first: true}
	p.clients[name] = c
	p.order = append(p.order, c)
	go c.listen()
	return c
}

// listen reads frames until the server closes the connection.
func (c *scriptClient) listen() {
	for {
		var head [4]byte
		_, err := io.ReadFull(c.net, head[:])
		frame := make([]byte, binary.BigEndian.Uint32(head[:]))
		if err == nil {
			_, err = io.ReadFull(c.net, frame)
		}
		if err != nil {
			frame = nil
		}
		c.mu.Lock()
		c.frames = append(c.frames, frame)
		c.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// collect decodes what has been received.
func (c *scriptClient) collect() {
	c.mu.Lock()
	frames := c.frames
	c.frames = nil
	c.mu.Unlock()
	for _, frame := range frames {
		if frame == nil {
			c.told = append(c.told, "closed")
			continue
		}
		c.told = append(c.told, c.read(frame))
	}
}

// send sends a request with the next xid, or with a special one.
func (c *scriptClient) send(op zkwire.Op, body func(*zkwire.Encoder)) {
	var e zkwire.Encoder
	c.xid++
	xid := c.xid
	switch op {
	case zkwire.OpPing:
		xid = zkwire.XidPing
	case zkwire.OpAuth:
		xid = zkwire.XidAuth
	}
	(&zkwire.RequestHeader{Xid: xid, Op: op}).Encode(&e)
	if body != nil {
		body(&e)
	}
	c.waiting = append(c.waiting, sent{xid, op})
	c.write(e.Buf)
}

func (c *scriptClient) write(payload []byte) {
	_, _ = c.net.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(payload))), payload...)) // a closed connection shows up by itself
}

// read puts a frame into words.
func (c *scriptClient) read(frame []byte) string {
	d := zkwire.NewDecoder(frame)
	if c.first {
		c.first = false
		return c.readConnected(d)
	}
	var h zkwire.ReplyHeader
	h.Decode(d)
	if h.Xid == zkwire.XidNotification {
		var ev zkwire.WatcherEvent
		ev.Decode(d)
		return fmt.Sprintf("event %s %s, zxid %s%s", eventNames[ev.Type], ev.Path, c.play.zxid(h.Zxid), leftover(d))
	}
	var request sent
	if len(c.waiting) > 0 {
		request, c.waiting = c.waiting[0], c.waiting[1:]
	}
	if request.xid != h.Xid {
		return fmt.Sprintf("answer to xid %d, expected one to %d: %x", h.Xid, request.xid, frame)
	}
	if h.Code != zkwire.OK {
		return fmt.Sprintf("%s: %v, zxid %s%s", request.op, h.Code, c.play.zxid(h.Zxid), leftover(d))
	}
	text := fmt.Sprintf("%s: ok, zxid %s", request.op, c.play.zxid(h.Zxid))
	if answer := c.readAnswer(request.op, d); answer != "" {
		text += ", " + answer
	}
	return text + leftover(d)
}

var eventNames = map[zkwire.EventType]string{
	zkwire.EventCreated: "created", zkwire.EventDeleted: "deleted", zkwire.EventDataChanged: "changed", zkwire.EventChildrenChanged: "children",
}

// leftover is a text about bytes that should not be there, or are missing; "" without any.
func leftover(d *zkwire.Decoder) string {
	switch {
	case d.Err() != nil:
		return ", CUT SHORT"
	case d.Rest() > 0:
		return fmt.Sprintf(", %d BYTES TOO MANY", d.Rest())
	}
	return ""
}

func (c *scriptClient) readConnected(d *zkwire.Decoder) string {
	var r zkwire.ConnectResponse
	if r.Decode(d); r.Session == 0 {
		return fmt.Sprintf("refused, timeout %v, password %x", r.Timeout, r.Password)
	}
	text := "connected"
	if _, known := c.play.owners[r.Session]; known {
		text = "connected again to the session of " + c.play.owner(r.Session)
	} else {
		c.play.owners[r.Session] = c.name
	}
	c.session, c.pass = r.Session, r.Password
	if r.HasReadOnly {
		text += fmt.Sprintf(", read-only %v", r.ReadOnly)
	}
	return fmt.Sprintf("%s, timeout %v", text, r.Timeout)
}

// readAnswer puts an answer's body into words.
func (c *scriptClient) readAnswer(op zkwire.Op, d *zkwire.Decoder) string {
	switch op {
	case zkwire.OpCreate, zkwire.OpSync:
		return d.String()
	case zkwire.OpCreate2, zkwire.OpCreateContainer, zkwire.OpCreateTTL:
		return d.String() + " " + c.stat(d)
	case zkwire.OpExists, zkwire.OpSetData, zkwire.OpSetACL:
		return c.stat(d)
	case zkwire.OpGetData:
		return quoteData(d.Buffer()) + " " + c.stat(d)
	case zkwire.OpGetACL:
		return aclText(d.ACLs()) + " " + c.stat(d)
	case zkwire.OpGetChildren, zkwire.OpGetEphemerals:
		return namesText(d)
	case zkwire.OpGetChildren2:
		return namesText(d) + " " + c.stat(d)
	case zkwire.OpAllChildren, zkwire.OpAddWatch:
		return fmt.Sprint(d.Int())
	case zkwire.OpWhoAmI:
		var r zkwire.WhoAmIResponse
		r.Decode(d)
		return fmt.Sprint(r.Clients)
	case zkwire.OpMulti, zkwire.OpMultiRead:
		return c.readMulti(d)
	case zkwire.OpSASL:
		return quoteData(d.Buffer())
	}
	return ""
}

func (c *scriptClient) readMulti(d *zkwire.Decoder) string {
	var results []string
	for {
		var h zkwire.MultiHeader
		if h.Decode(d); h.Done || d.Err() != nil {
			return strings.Join(results, " | ")
		}
		if h.Op == zkwire.OpError {
			results = append(results, fmt.Sprintf("%v (%v)", h.Code, zkwire.Code(d.Int())))
			continue
		}
		results = append(results, strings.TrimSuffix(fmt.Sprintf("%s %s", h.Op, c.readAnswer(h.Op, d)), " "))
	}
}

// stat puts a Stat into words: zxids, versions, sizes, times since the beginning,
// and the owner.
func (c *scriptClient) stat(d *zkwire.Decoder) string {
	s := d.Stat()
	since := func(ms int64) time.Duration {
		return max(0, time.UnixMilli(ms).Sub(c.play.began)).Round(time.Millisecond)
	}
	text := fmt.Sprintf("{c%s m%s p%s at %v %v, v%d cv%d av%d, %d bytes, %d children", c.play.zxid(s.Czxid), c.play.zxid(s.Mzxid), c.play.zxid(s.Pzxid),
		since(s.Ctime), since(s.Mtime), s.Version, s.Cversion, s.Aversion, s.DataLength, s.NumChildren)
	if s.EphemeralOwner != 0 {
		text += ", of " + c.play.owner(s.EphemeralOwner)
	}
	return text + "}"
}

func quoteData(b []byte) string {
	if b == nil {
		return "null"
	}
	return fmt.Sprintf("%q", b)
}

// namesText sorts names, which come in no order.
func namesText(d *zkwire.Decoder) string {
	names := d.Strings()
	slices.Sort(names)
	return fmt.Sprint(names)
}

const permLetters = "rwcda"

func aclText(list []zkwire.ACL) string {
	var entries []string
	for _, a := range list {
		perms := ""
		for i, letter := range permLetters {
			if a.Perms&(1<<i) != 0 {
				perms += string(letter)
			}
		}
		entries = append(entries, fmt.Sprintf("%s:%s:%s", a.ID.Scheme, a.ID.ID, perms))
	}
	return strings.Join(entries, ",")
}

// parseACL reads scheme:id:perms, where the id may contain colons; several are separated
// by commas, and an empty text is the null list.
func parseACL(text string) []zkwire.ACL {
	var list []zkwire.ACL
	for entry := range strings.SplitSeq(text, ",") {
		scheme, rest, _ := strings.Cut(entry, ":")
		colon := strings.LastIndexByte(rest, ':')
		if colon < 0 {
			return nil
		}
		var perms zkwire.Perm
		for _, letter := range rest[colon+1:] {
			perms |= 1 << strings.IndexRune(permLetters, letter)
		}
		list = append(list, zkwire.ACL{Perms: perms, ID: zkwire.ID{Scheme: scheme, ID: rest[:colon]}})
	}
	return list
}

func unhex(text string) []byte {
	b, err := hex.DecodeString(text)
	if err != nil {
		panic(err)
	}
	return b
}
