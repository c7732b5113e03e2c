// Package election elects one leader among the nodes of a kind: LeaderLatch of
// Curator and CuratorDruidLeaderSelector of Druid.
package election

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/run/clock"
	"oakmoot/internal/run/loop"
	"oakmoot/internal/zk/zkconn"
)

// Options are the settings of a candidate.
type Options struct {
	Path   string       // the latch directory
	ID     string       // payload of the latch node: the node's URI
	Joined func()       // called, if set, each time the candidate has a latch node
	Log    hclog.Logger // nil logs nothing
	Clock  *clock.Clock

	// ByOldNode judges who leads by the node of before a reconnection, which is then
	// deleted: CURATOR-644, for the museum.
	ByOldNode bool
}

// Lead is what a leader does: it returns once it has given up all that belongs to
// leadership, which it does when ctx ends. An error while ctx lasts means that it
// cannot lead. The term counts this candidate's leaderships, from 1.
//
// ctx ends with the session that holds the latch node, before anything goes out in the
// next: what a deposed leader still asks for under it reaches ZooKeeper before its latch
// node is gone, or never.
type Lead func(ctx context.Context, term int) error

// A candidate that cannot lead, or cannot take part, stays out for a random time
// between these.
const (
	stayOutLeast = time.Second
	stayOutMost  = 5 * time.Second
)

// candidate is one that takes part. Run owns it.
type candidate struct {
	latch  latch
	opts   Options
	lead   Lead
	states <-chan zkconn.State
	term   int

	wasFirst bool // of Options.ByOldNode: the node of before was the first
}

// Run takes part in the election until ctx ends, and leads when it is its turn.
//
// Leadership is given up the moment the connection is suspended, though the latch
// node is still there; after a reconnection the candidate queues up again, behind
// the others. Lead is waited for before that, and when ctx ends: then the node is
// deleted only after the leader has given everything up. A leader does not watch
// its own node: if somebody else deletes it, two lead until the next suspension,
// as with Curator 4.1.0.
func Run(ctx context.Context, zc zkconn.Conn, o Options, lead Lead) error {
	if o.Log == nil {
		o.Log = hclog.NewNullLogger()
	}
	states, stop := zc.Listen()
	defer stop()
	c := &candidate{latch: latch{zc: zc, dir: o.Path}, opts: o, lead: lead, states: states}
	defer c.leave(ctx)
	for ctx.Err() == nil {
		err := c.takePart(ctx)
		switch {
		case errors.Is(err, zkconn.ErrClosed):
			return fmt.Errorf("election at %s: %w", o.Path, err)
		case ctx.Err() != nil:
			return nil
		}
		c.wasFirst = c.opts.ByOldNode && c.latch.first(ctx)
		if err = cmp.Or(err, c.latch.withdraw(ctx)); err != nil {
			c.opts.Log.Warn("stays out of the election for a moment", "path", o.Path, "error", err)
			c.stayOut(ctx)
		}
	}
	return nil
}

// takePart joins the queue, waits for its turn, and leads. It returns when the
// candidate has to join again: with nil at once, with an error after a while.
func (c *candidate) takePart(ctx context.Context) error {
	c.disturbances() // of before: the new node is made in whatever session there is
	session, release := c.latch.zc.InSession(ctx)
	defer release()
	if err := c.latch.withdraw(ctx); err != nil {
		return err // an older node of the same session would block this one forever
	}
	if err := c.latch.join(ctx, c.opts.ID); err != nil {
		return err
	}
	if c.opts.Joined != nil {
		c.opts.Joined()
	}
	for {
		predecessor, first, err := c.latch.position(ctx)
		switch {
		case err != nil:
			return err
		case first || c.wasFirst:
			return c.reign(ctx, session)
		case predecessor == "":
			return nil // somebody has deleted the candidate's node
		}
		c.opts.Log.Debug("waits for its turn", "path", c.opts.Path, "behind", predecessor)
		moved, err := c.await(ctx, predecessor)
		if err != nil || !moved {
			return err
		}
	}
}

// await waits until the predecessor has gone: then moved is true. When the
// connection was lost and is back, or the predecessor went before it could be
// watched, the candidate joins again, at the tail of the queue.
func (c *candidate) await(ctx context.Context, predecessor string) (moved bool, err error) {
	for {
		_, _, gone, err := c.latch.zc.GetW(ctx, predecessor)
		if errors.Is(err, zkconn.ErrNoNode) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		switch saw, err := c.firing(ctx, gone); saw {
		case zkconn.NodeDeleted:
			return true, nil
		case reconnected:
			return false, err
		}
	}
}

// reconnected is what firing sees instead of a watch.
const reconnected zkconn.EventType = 0

// firing waits for a watch, or for a reconnection.
func (c *candidate) firing(ctx context.Context, watch zkconn.Watch) (zkconn.EventType, error) {
	for {
		select {
		case e := <-watch.C:
			if e.Type != zkconn.Ended {
				return e.Type, nil
			}
			watch = zkconn.Watch{} // a reconnection follows
		case state, ok := <-c.states:
			if !ok {
				return reconnected, zkconn.ErrClosed
			}
			if state == zkconn.Reconnected {
				return reconnected, nil
			}
		case <-ctx.Done():
			return reconnected, ctx.Err()
		}
	}
}

// reign leads until leadership is lost, or ctx ends, and waits for the leader to
// have given everything up. The latch node was made in the session, unless there were
// disturbances since.
func (c *candidate) reign(ctx, session context.Context) error {
	if state := c.disturbances(); state != 0 {
		return c.awaitReconnection(ctx, state)
	}
	c.term++
	leading, dethrone := context.WithCancel(session)
	defer dethrone()
	ended := make(chan error, 1)
	go func() { ended <- c.lead(leading, c.term) }()
	select {
	case err := <-ended:
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case session.Err() != nil:
			c.note(err)
			return c.awaitReconnection(ctx, c.disturbances()) // the session was suspended before it ended
		}
		return fmt.Errorf("leader of term %d: %w", c.term, cmp.Or(err, errResigned))
	case state, ok := <-c.states:
		dethrone()
		c.note(<-ended)
		if !ok {
			return zkconn.ErrClosed
		}
		return c.awaitReconnection(ctx, state)
	}
}

// note logs how a leader ended that has lost its leadership.
func (c *candidate) note(err error) {
	if err != nil {
		c.opts.Log.Warn("leader ended badly", "path", c.opts.Path, "term", c.term, "error", err)
	}
}

var errResigned = errors.New("leader returned while it was leading")

// disturbances drains the changes of state that are waiting and returns the last
// one, 0 if there are none.
func (c *candidate) disturbances() (last zkconn.State) {
	for {
		select {
		case state, ok := <-c.states:
			if !ok {
				return last
			}
			last = state
		default:
			return last
		}
	}
}

// awaitReconnection returns when there is a connection again.
func (c *candidate) awaitReconnection(ctx context.Context, state zkconn.State) error {
	for state != zkconn.Reconnected {
		var ok bool
		select {
		case state, ok = <-c.states:
			if !ok {
				return zkconn.ErrClosed
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func (c *candidate) stayOut(ctx context.Context) {
	_ = c.opts.Clock.Sleep(ctx, stayOutLeast+rand.N(stayOutMost-stayOutLeast)) // Run looks at ctx
}

// leave deletes the candidate's node at the end, within a short time of its own.
func (c *candidate) leave(ctx context.Context) {
	ctx, cancel := loop.Goodbye(ctx, loop.GoodbyeSession)
	defer cancel()
	if err := c.latch.withdraw(ctx); err != nil {
		c.opts.Log.Debug("latch node stays until the session ends", "path", c.latch.node, "error", err)
	}
}
