package coordinator

import (
	"context"
	"errors"
	"fmt"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/zk/zkconn"
)

// errIgnored is a request that its server has not taken in time. Its node stays:
// the server may still take it.
var errIgnored = errors.New("not taken within the load timeout")

// work sends a peon's next request, if it is free to. Druid looks every 50 ms
// instead.
func (l *leadership) work(ctx context.Context, p *peon) {
	r := p.next()
	if r == nil {
		return
	}
	ctx, p.abandon = context.WithCancel(ctx)
	action, segment := r.action, r.segment
	if action == druid.ActionDrop {
		l.drops.asked(p.server, segment.ID())
	} else {
		l.drops.forget(p.server, segment.ID())
	}
	l.apart(ctx, func(ctx context.Context) func(context.Context) {
		err := l.exchange(ctx, p.server, action, segment)
		return func(ctx context.Context) { l.answered(ctx, p, err) }
	})
}

// answered ends a request. That its node is gone says that the server has dealt
// with it, not that it has succeeded: that is seen in its announcements.
func (l *leadership) answered(ctx context.Context, p *peon, err error) {
	if p.stopped {
		return
	}
	p.abandon()
	r := p.finish()
	if !errors.Is(err, errIgnored) {
		l.drops.answered(p.server, r.segment.ID(), time.Now())
	}
	if err != nil {
		l.Log.Warn("request failed", "server", p.server, "action", r.action, "segment", r.segment.ID().String(), "error", err)
	}
	for _, done := range r.done {
		done(ctx)
	}
	l.work(ctx, p)
}

// exchange writes a request into a load queue and waits until it is gone again. The
// queue is made by its server, never here. A connection lost on the way ends the
// leadership and with it ctx, so a node that exists already is somebody's leftover
// and fails the request.
func (c *coordinator) exchange(ctx context.Context, server, action string, segment druid.DataSegment) error {
	path := c.Paths.LoadRequest(server, segment.ID().String())
	if err := c.write(ctx, path, druid.ChangeRequest{Action: action, Segment: segment}); err != nil {
		return err
	}
	timeout := time.NewTimer(c.loadTimeout)
	defer timeout.Stop()
	for {
		stat, gone, err := c.zc.ExistsW(ctx, path)
		if err != nil {
			return fmt.Errorf("watch request: %w", err)
		}
		if stat == nil {
			// Taken already. A noop at the same path uses up the watch that is
			// now set for nothing; the server deletes it.
			return c.write(ctx, path, druid.ChangeRequest{Action: druid.ActionNoop})
		}
		deleted, err := c.await(ctx, path, gone, timeout.C)
		if deleted || err != nil {
			return err
		}
	}
}

func (c *coordinator) write(ctx context.Context, path string, r druid.ChangeRequest) error {
	payload, err := druid.Marshal(r)
	if err != nil {
		return fmt.Errorf("%s request: %w", r.Action, err)
	}
	if _, err := c.zc.Create(ctx, path, payload, zkconn.Ephemeral); err != nil {
		return fmt.Errorf("write %s request: %w", r.Action, err)
	}
	return nil
}

// await waits for the node's deletion, or for any other change that uses up the
// watch.
func (c *coordinator) await(ctx context.Context, path string, gone <-chan zkconn.Event, timeout <-chan time.Time) (deleted bool, err error) {
	for {
		select {
		case e, ok := <-gone:
			if ok {
				return e.Type == zkconn.NodeDeleted, nil
			}
			gone = nil // the session ended; leadership, and with it ctx, is about to
		case <-timeout:
			stat, err := c.zc.Exists(ctx, path)
			if err == nil && stat != nil {
				err = errIgnored
			}
			return true, err
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
}
