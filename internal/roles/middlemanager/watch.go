package middlemanager

import (
	"context"
	"errors"

	"oakmoot/internal/druid"
	"oakmoot/internal/zk/zkcache"
	"oakmoot/internal/zk/zkconn"
	"oakmoot/internal/zk/zkpath"
)

// watch calls f with each change of one type, until ctx or the cache ends.
func watch(ctx context.Context, cache *zkcache.Cache, typ zkcache.EventType, f func(zkcache.Event)) {
	for {
		select {
		case <-ctx.Done():
			return
		case e, ok := <-cache.Events():
			if !ok {
				return
			}
			if e.Type == typ {
				f(e)
			}
		}
	}
}

// readAssignment reads a task that has appeared in the worker's directory and hands
// it to the loop. The data is read raw: a gzipped task is not understood. What cannot
// run here has failed: 0.14.0 leaves the node, and its overlord gives the worker nothing
// else for five minutes.
func (m *monitor) readAssignment(ctx context.Context, path string) error {
	data, _, err := m.tree.zc.Get(ctx, path)
	if errors.Is(err, zkconn.ErrNoNode) {
		return nil // taken back before it was read
	}
	if err != nil {
		return err
	}
	if len(data) == 0 {
		return errors.New("there is no task in it; it may hold other znodes, of an id with a slash")
	}
	task, err := druid.ParseTask(data, druid.At(m.loop.Clock.Now()))
	if err == nil {
		err = checkID(task.ID)
	}
	var refused error
	if ended := m.loop.Do(ctx, func() {
		if err != nil {
			m.refuse(zkpath.Name(path), err)
		} else {
			refused = m.assign(task, byNode)
		}
	}); ended != nil {
		return ended
	}
	if err == nil {
		err = refused
	}
	return err
}

// disown ends a task that runs here and whose status was deleted: its overlord has
// given it up, as it does after the cleanup timeout of a worker that was away. Druid lets
// it run on, and then reports an end beside the one that the overlord has stored.
func (m *monitor) disown(id string) {
	t := m.tasks.active(id)
	if t == nil {
		return // it has ended, and the overlord knows
	}
	m.log.Warn("status of a running task was deleted, it is ended", "task", id)
	m.runner.shutdown(t)
}
