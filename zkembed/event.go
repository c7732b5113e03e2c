package zkembed

import (
	"slices"

	"oakmoot/internal/zk/zkwire"
)

// fireFor sends the events of an effect that has been applied, in the order of
// DataTree: for a creation the node and then its parent's children; for a deletion
// the node to both managers, each connection once, and then the parent.
func (s *state) fireFor(e *effect, zxid zkwire.Zxid) {
	parent, _ := split(e.path)
	node := event{path: e.path, zxid: zxid, acl: e.nodeACL}
	siblings := event{zkwire.EventChildrenChanged, parent, zxid, e.parentACL}
	switch e.kind {
	case effectCreate:
		node.kind = zkwire.EventCreated
		s.send(node, s.data.fire(e.path, node.kind), nil)
		s.send(siblings, s.children.fire(parent, siblings.kind), nil)
	case effectDelete:
		node.kind = zkwire.EventDeleted
		first := s.data.fire(e.path, node.kind)
		s.send(node, first, nil)
		s.send(node, s.children.fire(e.path, node.kind), first)
		s.send(siblings, s.children.fire(parent, siblings.kind), nil)
	case effectSetData:
		node.kind = zkwire.EventDataChanged
		s.send(node, s.data.fire(e.path, node.kind), nil)
	}
}

// event is what watches are told.
type event struct {
	kind zkwire.EventType
	path string
	zxid zkwire.Zxid
	acl  []zkwire.ACL // who may not read by it is not told
}

// send queues an event on connections that may read the node, except those that
// have had it already.
func (s *state) send(ev event, to, except []*conn) {
	s.stats.metrics.fired(ev.kind, len(to))
	for _, c := range to {
		if _, had := slices.BinarySearchFunc(except, c, byNumber); !had && s.permitted(ev.acl, zkwire.PermRead, c.ids) {
			s.notify(c, ev.kind, ev.path, ev.zxid)
		}
	}
}

// notify appends a notification to a connection's output.
func (s *state) notify(c *conn, kind zkwire.EventType, path string, zxid zkwire.Zxid) {
	if c.hungUp { // by the event before
		return
	}
	out := s.output(c)
	mark := out.StartFrame()
	header := zkwire.ReplyHeader{Xid: zkwire.XidNotification, Zxid: zxid, Code: zkwire.OK}
	header.Encode(out)
	body := zkwire.WatcherEvent{Type: kind, State: zkwire.StateConnected, Path: path}
	body.Encode(out)
	out.EndFrame(mark)
	s.stats.metrics.watchBytes += int64(len(out.Buf) - mark)
	s.account(c)
}
