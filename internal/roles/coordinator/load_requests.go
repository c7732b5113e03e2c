package coordinator

import (
	"context"
	"errors"
	"fmt"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/clock"
	"oakmoot/internal/run/museum"
	"oakmoot/internal/zk/inventory"
	"oakmoot/internal/zk/zkconn"
	"oakmoot/internal/zk/zkpath"
)

// errIgnored means that a server has not taken a request in time. The znode stays: the server may still take it.
var errIgnored = errors.New("not taken within the load timeout")

// requests are written into the servers' load queues: what CuratorLoadQueuePeon does in ZooKeeper. It does not change
// once made.
type requests struct {
	zc      zkconn.Conn
	paths   zkpath.Paths
	view    *inventory.View
	timeout time.Duration // druid.coordinator.load.timeout
	clock   *clock.Clock
	museum  museum.Set
}

// exchange writes a request into a load queue and waits until it is gone again. The server creates the queue, never
// the coordinator. A connection lost on the way ends the leadership and with it ctx, so a znode that exists already
// was left behind by somebody else and fails the request.
func (q *requests) exchange(ctx context.Context, server, action string, segment *druid.DataSegment) error {
	path := q.paths.LoadRequest(server, segment.ID().String())
	if err := q.write(ctx, path, druid.ChangeRequest{Action: action, Segment: *segment}); err != nil {
		return err
	}
	timeout := q.clock.NewTimer(q.timeout)
	defer timeout.Stop()
	for {
		stat, gone, err := q.zc.ExistsW(ctx, path)
		if err != nil {
			return fmt.Errorf("watch request: %w", err)
		}
		if stat == nil {
			// Taken already. The watch just set is no longer needed; a noop at the same path uses it up, and the
			// server deletes the noop.
			return q.write(ctx, path, druid.ChangeRequest{Action: druid.ActionNoop})
		}
		deleted, err := q.await(ctx, path, gone, timeout.C)
		if deleted || err != nil {
			return err
		}
	}
}

func (q *requests) write(ctx context.Context, path string, r druid.ChangeRequest) error {
	payload, err := druid.Marshal(r)
	if err != nil {
		return fmt.Errorf("%s request: %w", r.Action, err)
	}
	if _, err := q.zc.Create(ctx, path, payload, zkconn.Ephemeral); err != nil {
		return fmt.Errorf("write %s request: %w", r.Action, err)
	}
	return nil
}

// await waits for the znode's deletion, or for any other change that uses up the watch.
func (q *requests) await(ctx context.Context, path string, gone zkconn.Watch, timeout <-chan time.Time) (deleted bool, err error) {
	for {
		select {
		case e := <-gone.C:
			if e.Type != zkconn.Ended {
				return e.Type == zkconn.NodeDeleted, nil
			}
			gone = zkconn.Watch{} // the session has ended; leadership, and with it ctx, is about to
		case <-timeout:
			stat, err := q.zc.Exists(ctx, path)
			if err == nil && stat != nil {
				err = errIgnored
			}
			return true, err
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
}

// Druid asks its view of the servers only once, right after the request's deletion, and leaves the old copy to a
// later run if that was too early. That run may well drop the new copy instead; so the view is given a moment here.
const (
	arrivalPause = 50 * time.Millisecond
	arrivalTries = 20
)

// arrived reports whether a segment's load request is gone and its server announces
// the segment.
func (q *requests) arrived(ctx context.Context, server string, id druid.SegmentID) bool {
	stat, err := q.zc.Exists(ctx, q.paths.LoadRequest(server, id.String()))
	if err != nil || stat != nil {
		return false
	}
	if q.museum.Has(museum.LooksInServedSegments) {
		stat, err := q.zc.Exists(ctx, q.paths.ServedSegment(server, id.String()))
		return err == nil && stat != nil
	}
	for range arrivalTries {
		if q.view.Serves(server, id) {
			return true
		}
		if q.museum.Has(museum.LooksOnceForAMovedSegment) {
			return false
		}
		if q.clock.Sleep(ctx, arrivalPause) != nil {
			return false
		}
	}
	return false
}
