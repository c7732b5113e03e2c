package zkembed

import (
	"slices"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/zk/zkwire"
)

// outbox is what clients will be sent at the end of the batch: replies and events, in
// the order of the changes. It is owned by the state.
type outbox struct {
	limits limits
	rights rights
	stats  *stats
	log    hclog.Logger
	life   *lifetime     // whose connections they are
	cutOff func(c *conn) // takes a connection from its session

	touched []*conn // those with output of the batch, in the order in which it came up
	made    int64   // bytes of output of the batch
}

// touch notes that a connection has output. It goes out in the order in which it came
// up, so that watchers hear of a change before the client that made it has its reply:
// FinalRequestProcessor.
func (o *outbox) touch(c *conn) {
	if !c.touched {
		c.touched = true
		o.touched = append(o.touched, c)
	}
}

// startFrame begins a reply or an event to a connection, behind those of this batch;
// EndFrame ends it.
func (o *outbox) startFrame(c *conn) (out *zkwire.Encoder, mark int) {
	o.touch(c)
	o.stats.sent++
	c.stats.sent++
	return &c.out, c.out.StartFrame()
}

// hangUp closes a connection once its output has been written.
func (o *outbox) hangUp(c *conn) {
	c.hungUp = true
	o.touch(c)
}

// release lets the batch's output go.
func (o *outbox) release() {
	for _, c := range o.touched {
		if c.touched {
			c.touched = false
			o.stats.metrics.bytesOut += int64(len(c.out.Buf))
			c.release()
			c.counted = 0
		}
	}
	clear(o.touched)
	o.touched, o.made = o.touched[:0], 0
}

// event is what a watch is told.
type event struct {
	kind zkwire.EventType
	path string
	zxid zkwire.Zxid
	acl  []zkwire.ACL // only clients that it lets read are told
}

// send queues an event on the connections that may read the node, except those that
// already have it.
func (o *outbox) send(ev event, to, except []*conn) {
	o.stats.metrics.fired(ev.kind, len(to))
	for _, c := range to {
		if _, had := slices.BinarySearchFunc(except, c, byNumber); !had && o.rights.permit(ev.acl, zkwire.PermRead, c.ids) {
			o.notify(c, ev.kind, ev.path, ev.zxid)
		}
	}
}

// notify appends a notification to a connection's output.
func (o *outbox) notify(c *conn, kind zkwire.EventType, path string, zxid zkwire.Zxid) {
	if c.hungUp { // over the event before
		return
	}
	out, mark := o.startFrame(c)
	header := zkwire.ReplyHeader{Xid: zkwire.XidNotification, Zxid: zxid, Code: zkwire.OK}
	header.Encode(out)
	body := zkwire.WatcherEvent{Type: kind, State: zkwire.StateConnected, Path: path}
	body.Encode(out)
	out.EndFrame(mark)
	o.stats.metrics.watchBytes += int64(len(out.Buf) - mark)
	o.account(c)
}

// allowance is how much a connection may be owed now.
func (o *outbox) allowance() int {
	left := o.limits.enoughOfAll - o.owed()
	return int(min(int64(o.limits.enough), max(0, left/shares)))
}

// owed is what is owed to all, what is being made included.
func (o *outbox) owed() int64 { return o.life.owed.Load() + o.made }

// longest is how long the next answer may be.
func (o *outbox) longest() int {
	return int(min(int64(o.limits.most), max(4*int64(o.limits.enough), o.limits.enoughOfAll-o.owed())))
}

// account notes what has been made for a connection. What goes past the limits is
// discarded along with the connection: a client that does not read, or asks for too much,
// cannot be told anything else.
func (o *outbox) account(c *conn) {
	before := min(c.counted, len(c.out.Buf))
	grown := len(c.out.Buf) - before
	c.counted = len(c.out.Buf)
	o.made += int64(grown)
	if c.hungUp || len(c.out.Buf) <= o.limits.most && (grown <= spareLimit || o.owed() <= o.limits.mostOfAll) {
		return
	}
	o.abandon(c, before, "more than may be owed to a client, hung up")
}

// abandon discards the latest output, from a mark on, and hangs up.
func (o *outbox) abandon(c *conn, mark int, why string) {
	o.log.Warn(why, "remote", c.host, "session", sessionText(c), "answer", len(c.out.Buf)-mark,
		"owed to it", int(c.owed.Load())+mark, "owed to all", o.owed())
	o.made -= int64(c.counted - min(mark, c.counted))
	c.out.Buf = append([]byte(nil), c.out.Buf[:mark]...)
	c.counted = mark
	o.cutOff(c)
	o.hangUp(c)
}
