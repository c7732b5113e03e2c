package middlemanager

import (
	"context"

	"oakmoot/internal/zk/zkcache"
)

// ownStatuses tells the loop of statuses that somebody else deletes.
func (m *monitor) ownStatuses(ctx context.Context, cache *zkcache.Cache) {
	for {
		select {
		case <-ctx.Done():
			return
		case e, ok := <-cache.Events():
			if !ok {
				return
			}
			if e.Type != zkcache.Removed {
				continue
			}
			select {
			case m.reports <- func() { m.disown(e.Name) }:
			case <-ctx.Done():
				return
			}
		}
	}
}

// disown ends a task that runs here and whose status was deleted: its overlord has
// given it up, as after the cleanup timeout of a worker that was away. Druid lets it
// run on, and its end is then told beside the one that the overlord has stored.
func (m *monitor) disown(id string) {
	if m.running[id] == nil {
		return // it has ended, and the overlord knows
	}
	m.log.Warn("status of a running task was deleted, it is ended", "task", id)
	m.shutdown(id)
}
