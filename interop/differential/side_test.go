//go:build interop

package differential

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"oakmoot/internal/zk/zkwire"
)

// side is one of the two servers, with the clients of a run. What it reports is free of what must differ between two
// servers: zxids are counted from the start of the run, sessions are named after their clients, times are left out.
type side struct {
	addr    string
	base    zkwire.Zxid
	nodes   int32 // of the whole tree when the run began
	clients []*client
	names   map[zkwire.SessionID]string
}

// begin connects the clients and creates the node under which the run takes place, and those under which its quotas
// are set.
func begin(addr, root string, clients int) (*side, error) {
	s := &side{addr: addr, names: map[zkwire.SessionID]string{}, clients: make([]*client, clients)}
	for i := range clients {
		if err := s.connect(i); err != nil {
			return nil, err
		}
	}
	for _, path := range []string{root, under(root, "@"), under(root, "@/a")} {
		h, _, err := s.ask(0, encoded(zkwire.OpCreate, &zkwire.CreateRequest{Path: path, ACL: zkwire.OpenACL}))
		if err != nil || h.Code != zkwire.OK {
			return nil, fmt.Errorf("create %s: %v %w", path, h.Code, err)
		}
		s.base = h.Zxid
	}
	_, d, err := s.ask(0, encoded(zkwire.OpAllChildren, &zkwire.PathRequest{}))
	if err == nil {
		s.nodes = d.Int()
	}
	return s, err
}

// ask has a client send a request and waits for its answer.
func (s *side) ask(client int, r request) (zkwire.ReplyHeader, *zkwire.Decoder, error) {
	c := s.clients[client]
	xids, err := c.send(r)
	if err != nil {
		return zkwire.ReplyHeader{}, nil, err
	}
	return c.reply(xids[0])
}

func (s *side) connect(i int) error {
	c, err := dial(s.addr, nil, longTimeout)
	if err != nil {
		return err
	}
	s.clients[i] = c
	s.names[c.session] = fmt.Sprintf("session of %d", i)
	return nil
}

// attach connects a client to its session a second time, with a new timeout for the session; the first connection is
// left to the caller.
func (s *side) attach(i int, timeout time.Duration) (first *client, err error) {
	first = s.clients[i]
	c, err := dial(s.addr, first, timeout)
	if err != nil {
		return first, err
	}
	if c.session != first.session {
		return first, fmt.Errorf("client %d asked for session 0x%x, got 0x%x", i, first.session, c.session)
	}
	c.xid = first.xid
	s.clients[i] = c
	return first, nil
}

// reattach reconnects a client whose connection has ended.
func (s *side) reattach(i int) error {
	first, err := s.attach(i, longTimeout)
	first.Close()
	return err
}

// expire lets a client's session run out: its last connection asks for the shortest timeout and ends. The others see
// from the next zxid that the server has closed the session.
func (s *side) expire(i int) error {
	first, err := s.attach(i, leastTimeout)
	first.Close()
	if err != nil {
		return err
	}
	lost := s.clients[i]
	lost.Close()
	read := encoded(zkwire.OpExists, &zkwire.ReadRequest{Path: "/"})
	other := (i + 1) % len(s.clients)
	before, _, err := s.ask(other, read)
	for now := before; err == nil && now.Zxid == before.Zxid; now, _, err = s.ask(other, read) {
		time.Sleep(20 * time.Millisecond)
	}
	if err != nil {
		return err
	}
	late, err := dial(s.addr, lost, longTimeout)
	if err != nil {
		return err
	}
	late.Close()
	if late.session != 0 {
		return fmt.Errorf("client %d still has its session", i)
	}
	return s.connect(i)
}

func (s *side) end() {
	for _, c := range s.clients {
		if c == nil {
			continue
		}
		if _, err := c.send(request{op: zkwire.OpCloseSession}); err == nil {
			_, _ = c.frame() // the server hangs up after it, or already has
		}
		c.Close()
	}
}

// play makes a step and reports everything that came of it.
func (s *side) play(st step) (string, error) {
	var b strings.Builder
	var err error
	switch st.Op {
	case opReattach:
		var first *client
		if first, err = s.attach(st.Client, longTimeout); err == nil {
			fmt.Fprint(&b, "the same session; the first connection: ", hungUp(first))
		}
	case opExpire:
		err = s.expire(st.Client)
	case opBurst:
		err = s.playBurst(&b, st)
	case zkwire.OpCloseSession:
		if err = s.playOne(&b, st); err == nil {
			fmt.Fprint(&b, ", and then ", hungUp(s.clients[st.Client]))
			err = s.connect(st.Client)
		}
	default:
		err = s.playOne(&b, st)
	}
	if err != nil {
		return "", fmt.Errorf("%v: %w", st, err)
	}
	return b.String(), s.tellEvents(&b, st.Op == zkwire.OpCloseSession || st.Op == opExpire)
}

// hungUp reports what happens to a connection that should have ended.
func hungUp(c *client) string {
	defer c.Close()
	if _, err := c.frame(); err == nil {
		return "more comes"
	} else if errors.Is(err, os.ErrDeadlineExceeded) {
		return "it stays open"
	}
	return "it is hung up"
}

// hungUpAtOnce is reported for a request whose only answer is the end.
const hungUpAtOnce = "hung up without an answer"

// playOne makes a step that is a single request.
func (s *side) playOne(b *strings.Builder, st step) error {
	h, d, err := s.ask(st.Client, request{st.Op, st.body(s.base)})
	if errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) {
		b.WriteString(hungUpAtOnce)
		return s.reattach(st.Client)
	}
	if err == nil {
		s.tell(b, st, h, d)
	}
	// An unknown request is answered without a zxid; a TTL node that cannot be created is no reason to hang up.
	unknown := h.Code == zkwire.Unimplemented && h.Zxid < 0
	if err == nil && (unknown || h.Code == zkwire.AuthFailed) {
		fmt.Fprint(b, ", and then ", hungUp(s.clients[st.Client])) // Apache's server may take a while
		err = s.reattach(st.Client)
	}
	return err
}

// playBurst makes steps that are sent in one go; events for the client itself are reported where they come.
func (s *side) playBurst(b *strings.Builder, st step) error {
	c := s.clients[st.Client]
	var requests []request
	for _, part := range st.Parts {
		requests = append(requests, request{part.Op, part.body(s.base)})
	}
	xids, err := c.send(requests...)
	for i := 0; i < len(xids) && err == nil; i++ {
		var h zkwire.ReplyHeader
		var d *zkwire.Decoder
		if h, d, err = c.reply(xids[i]); err == nil {
			s.tellOf(b, st.Client, c.takeEvents(), false)
			b.WriteString("\n\t")
			s.tell(b, st.Parts[i], h, d)
		}
	}
	return err
}

// tell reports an answer.
func (s *side) tell(b *strings.Builder, st step, h zkwire.ReplyHeader, d *zkwire.Decoder) {
	fmt.Fprintf(b, "zxid %s, %v", s.zxid(h.Zxid), h.Code)
	switch {
	case h.Code != zkwire.OK:
	case st.Op == zkwire.OpAllChildren && st.Path == "":
		fmt.Fprintf(b, " %+d", d.Int()-s.nodes) // earlier runs may have left different trees
	default:
		fmt.Fprintf(b, " %s", s.body(st.Op, d))
	}
	if d.Err() != nil || d.Rest() != 0 {
		fmt.Fprintf(b, " (%v, %d bytes more)", d.Err(), d.Rest())
	}
}

// tellEvents adds the watch events that every client got. A ping is answered after the events of what was done before
// it. The order in which a session's ephemerals go, and with them their events, is not guaranteed.
func (s *side) tellEvents(b *strings.Builder, anyOrder bool) error {
	for i := range s.clients {
		_, _, err := s.ask(i, request{op: zkwire.OpPing})
		s.tellOf(b, i, s.clients[i].takeEvents(), anyOrder)
		if err != nil {
			fmt.Fprintf(b, "\n\t%d is hung up", i)
			if err := s.reattach(i); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *side) tellOf(b *strings.Builder, client int, events []event, anyOrder bool) {
	var lines []string
	for _, e := range events {
		lines = append(lines, fmt.Sprintf("\n\t%d gets event %d in state %d of %s at %s", client, e.Type, e.State, e.Path, s.zxid(e.zxid)))
	}
	if anyOrder {
		slices.Sort(lines)
	}
	b.WriteString(strings.Join(lines, ""))
}

// body reports a reply's body.
func (s *side) body(op zkwire.Op, d *zkwire.Decoder) string {
	switch op {
	case zkwire.OpCreate, zkwire.OpSync:
		return d.String()
	case zkwire.OpCreate2, zkwire.OpCreateContainer, zkwire.OpCreateTTL:
		return d.String() + " " + s.stat(d)
	case zkwire.OpExists, zkwire.OpSetData, zkwire.OpSetACL:
		return s.stat(d)
	case zkwire.OpGetData:
		return fmt.Sprintf("%s %s", told(d.Buffer()), s.stat(d))
	case zkwire.OpGetACL:
		return fmt.Sprintf("%v %s", sortedACLs(d.ACLs()), s.stat(d))
	case zkwire.OpGetChildren, zkwire.OpGetEphemerals:
		return fmt.Sprint(sortedNames(d.Strings()))
	case zkwire.OpGetChildren2:
		return fmt.Sprint(sortedNames(d.Strings()), " ", s.stat(d))
	case zkwire.OpAllChildren:
		return fmt.Sprint(d.Int())
	case zkwire.OpAddWatch:
		return fmt.Sprint(d.Int()) // an ErrorResponse
	case zkwire.OpMulti, zkwire.OpMultiRead:
		return s.parts(d)
	case zkwire.OpSASL:
		return fmt.Sprintf("%q", d.Buffer())
	case zkwire.OpWhoAmI:
		var who zkwire.WhoAmIResponse
		who.Decode(d)
		slices.SortFunc(who.Clients, func(a, b zkwire.ID) int { return cmp.Or(cmp.Compare(a.Scheme, b.Scheme), cmp.Compare(a.ID, b.ID)) })
		return fmt.Sprint(who.Clients)
	}
	return ""
}

// parts reports the results of a multi.
func (s *side) parts(d *zkwire.Decoder) string {
	var all []string
	for d.Err() == nil {
		var h zkwire.MultiHeader
		h.Decode(d)
		if h.Done {
			break
		}
		if h.Op == zkwire.OpError {
			all = append(all, fmt.Sprintf("error %v %v", h.Code, zkwire.Code(d.Int())))
			continue
		}
		all = append(all, fmt.Sprintf("%d %v %s", h.Op, h.Code, s.body(h.Op, d)))
	}
	return "[" + strings.Join(all, "; ") + "]"
}

func (s *side) stat(d *zkwire.Decoder) string {
	st := d.Stat()
	owner := s.names[st.EphemeralOwner]
	if owner == "" {
		owner = fmt.Sprintf("%#x", uint64(st.EphemeralOwner))
	}
	return fmt.Sprintf("{czxid %s mzxid %s pzxid %s version %d children's %d acl's %d owner %s length %d children %d}",
		s.zxid(st.Czxid), s.zxid(st.Mzxid), s.zxid(st.Pzxid), st.Version, st.Cversion, st.Aversion, owner, st.DataLength, st.NumChildren)
}

// zxid reports a transaction's id; 0 is that of what has always existed, -1 none.
func (s *side) zxid(id zkwire.Zxid) string {
	if id <= 0 {
		return fmt.Sprint("exactly ", int64(id))
	}
	return fmt.Sprintf("%+d", id-s.base)
}

// sortedNames are names in order: a server lists children in any order.
func sortedNames(names []string) []string {
	slices.Sort(names)
	return names
}

// sortedACLs are entries in order: those that auth stands for come in the order of a Java set.
func sortedACLs(list []zkwire.ACL) []zkwire.ACL {
	slices.SortFunc(list, func(a, b zkwire.ACL) int {
		return cmp.Or(cmp.Compare(a.ID.Scheme, b.ID.Scheme), cmp.Compare(a.ID.ID, b.ID.ID))
	})
	return list
}

// told is data as text; null differs from empty.
func told(data []byte) string {
	if data == nil {
		return "null"
	}
	return fmt.Sprintf("%q", data)
}
