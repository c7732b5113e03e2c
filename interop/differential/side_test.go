//go:build interop

package differential

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"oakmoot/internal/zkwire"
)

// side is one of the two servers, with the clients that play a run on it. What it
// tells is free of what must differ between two servers: zxids are counted from the
// run's start, sessions are named after their clients, times are left out.
type side struct {
	addr    string
	base    zkwire.Zxid
	clients []*client
	names   map[zkwire.SessionID]string
}

// begin connects the clients and makes the node under which the run takes place.
func begin(addr, root string, clients int) (*side, error) {
	s := &side{addr: addr, names: map[zkwire.SessionID]string{}, clients: make([]*client, clients)}
	for i := range clients {
		if err := s.connect(i); err != nil {
			return nil, err
		}
	}
	xid, err := s.clients[0].send(zkwire.OpCreate, &zkwire.CreateRequest{Path: root, ACL: zkwire.OpenACL})
	if err != nil {
		return nil, err
	}
	h, _, err := s.clients[0].reply(xid)
	if err != nil || h.Code != zkwire.OK {
		return nil, fmt.Errorf("create %s: %v %w", root, h.Code, err)
	}
	s.base = h.Zxid
	return s, nil
}

func (s *side) connect(i int) error {
	c, err := dial(s.addr)
	if err != nil {
		return err
	}
	s.clients[i] = c
	s.names[c.session] = fmt.Sprintf("session of %d", i)
	return nil
}

func (s *side) end() {
	for _, c := range s.clients {
		if c == nil {
			continue
		}
		if _, err := c.send(zkwire.OpCloseSession, nil); err == nil {
			_, _ = c.frame() // the server hangs up after it, or has already
		}
		c.Close()
	}
}

// play makes a step and tells everything that came of it.
func (s *side) play(st step) (string, error) {
	var b strings.Builder
	c := s.clients[st.Client]
	xid, err := c.send(st.Op, st.request())
	if err != nil {
		return "", err
	}
	h, d, err := c.reply(xid)
	if err != nil {
		return "", fmt.Errorf("%v: %w", st, err)
	}
	fmt.Fprintf(&b, "zxid +%d, %v", h.Zxid-s.base, h.Code)
	if h.Code == zkwire.OK {
		fmt.Fprintf(&b, " %s", s.body(st.Op, d))
		if d.Err() != nil || d.Rest() != 0 {
			fmt.Fprintf(&b, " (%v, %d bytes more)", d.Err(), d.Rest())
		}
	}
	if st.Op == zkwire.OpCloseSession {
		if _, err := c.frame(); !errors.Is(err, io.EOF) {
			fmt.Fprintf(&b, ", and then %v instead of a hang-up", err)
		}
		c.Close()
		if err := s.connect(st.Client); err != nil {
			return "", err
		}
	}
	return b.String(), s.tellEvents(&b, st.Op == zkwire.OpCloseSession)
}

// tellEvents adds the watch events that every client got. A ping is answered after
// the events of what was done before it. In what order a session's ephemerals go,
// and with them their events, is nobody's promise.
func (s *side) tellEvents(b *strings.Builder, anyOrder bool) error {
	for _, c := range s.clients {
		if _, err := c.send(zkwire.OpPing, nil); err != nil {
			return err
		}
	}
	for i, c := range s.clients {
		if _, _, err := c.reply(-2); err != nil {
			return fmt.Errorf("ping of %d: %w", i, err)
		}
		var events []string
		for _, e := range c.takeEvents() {
			events = append(events, fmt.Sprintf("%d gets event %d in state %d of %s", i, e.Type, e.State, e.Path))
		}
		if anyOrder {
			slices.Sort(events)
		}
		for _, e := range events {
			b.WriteString("\n\t" + e)
		}
	}
	return nil
}

// body tells a reply's body.
func (s *side) body(op zkwire.Op, d *zkwire.Decoder) string {
	switch op {
	case zkwire.OpCreate, zkwire.OpSync:
		return d.String()
	case zkwire.OpCreate2, zkwire.OpCreateContainer, zkwire.OpCreateTTL:
		return d.String() + " " + s.stat(d)
	case zkwire.OpExists, zkwire.OpSetData, zkwire.OpSetACL:
		return s.stat(d)
	case zkwire.OpGetData:
		return fmt.Sprintf("%q %s", d.Buffer(), s.stat(d))
	case zkwire.OpGetACL:
		return fmt.Sprintf("%v %s", d.ACLs(), s.stat(d))
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
	}
	return ""
}

// parts tells the results of a multi.
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

// zxid tells a transaction's id; 0 is that of what has always been there.
func (s *side) zxid(id zkwire.Zxid) string {
	if id == 0 {
		return "0"
	}
	return fmt.Sprintf("%+d", id-s.base)
}

// sortedNames are names in order: a server lists children in any.
func sortedNames(names []string) []string {
	slices.Sort(names)
	return names
}
