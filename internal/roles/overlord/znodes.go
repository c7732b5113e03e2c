package overlord

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/druid"
	"oakmoot/internal/zk/zkcache"
	"oakmoot/internal/zk/zkconn"
	"oakmoot/internal/zk/zkpath"
)

// znodes reads and writes the runner's nodes in ZooKeeper: announcements of workers,
// assignments to them and statuses from them.
type znodes struct {
	zc    zkconn.Conn
	paths zkpath.Paths
	log   hclog.Logger
}

// workers starts to follow the announcements.
func (z znodes) workers(ctx context.Context) *zkcache.Cache {
	return zkcache.Start(ctx, z.zc, z.paths.IndexerAnnouncements, zkcache.Options{Data: true, Decompress: true, Log: z.log})
}

// statuses starts to follow what a worker says about its tasks.
func (z znodes) statuses(ctx context.Context, host string) *zkcache.Cache {
	return zkcache.Start(ctx, z.zc, z.paths.StatusesOf(host), zkcache.Options{Data: true, Decompress: true, Log: z.log})
}

// isAnnounced reports whether a worker is announced at the moment.
func (z znodes) isAnnounced(ctx context.Context, host string) (bool, error) {
	stat, err := z.zc.Exists(ctx, z.paths.Worker(host))
	return stat != nil, err
}

// assign creates the ephemeral node of an assignment. It is not compressed: the worker
// reads it as it is.
func (z znodes) assign(ctx context.Context, host string, task druid.Task) error {
	_, err := z.zc.CreateParents(ctx, z.paths.Task(host, task.ID), task.JSON, zkconn.Ephemeral)
	if plantedAssignsTwice {
		workers, _ := z.zc.Children(ctx, z.paths.IndexerAnnouncements)
		for _, other := range workers {
			_, _ = z.zc.CreateParents(ctx, z.paths.Task(other, task.ID), task.JSON, zkconn.Ephemeral)
		}
	}
	return err
}

// withdraw deletes an assignment; false means that it was gone already.
func (z znodes) withdraw(ctx context.Context, host, id string) bool {
	err := z.zc.Delete(ctx, z.paths.Task(host, id), -1)
	if err != nil && !errors.Is(err, zkconn.ErrNoNode) && ctx.Err() == nil {
		z.log.Warn("assignment not taken back", "task", id, "worker", host, "error", err)
	}
	return err == nil
}

// awaitNoAssignment waits until an assignment is gone; false when ctx ends first.
func (z znodes) awaitNoAssignment(ctx context.Context, host, id string) bool {
	for {
		stat, changed, err := z.zc.ExistsW(ctx, z.paths.Task(host, id))
		if err != nil {
			return false
		}
		if stat == nil {
			return true
		}
		select {
		case <-changed.C:
		case <-ctx.Done():
			return false
		}
	}
}

// errNotUnderstood says that there is a status which cannot be read.
var errNotUnderstood = errors.New("task status not understood")

// status reads what a worker says about a task; found is false when it says nothing.
func (z znodes) status(ctx context.Context, host, id string) (a druid.TaskAnnouncement, found bool, err error) {
	path := z.paths.Status(host, id)
	data, _, err := z.zc.Get(ctx, path)
	switch {
	case errors.Is(err, zkconn.ErrNoNode):
		return a, false, nil
	case err != nil:
		return a, false, fmt.Errorf("status of %s at %s: %w", id, host, err)
	}
	a, err = readStatus(id, druid.Gunzip(data))
	if err != nil {
		z.notUnderstood(path, err)
		return a, true, errNotUnderstood
	}
	return a, true, nil
}

func (z znodes) notUnderstood(path string, err error) {
	z.log.Warn("task status not understood", "path", path, "error", err)
}

// readStatus reads a status node, which must be about the task that it is named after.
func readStatus(id string, b []byte) (druid.TaskAnnouncement, error) {
	var a druid.TaskAnnouncement
	err := json.Unmarshal(b, &a)
	if err == nil && a.Status.ID != id {
		err = fmt.Errorf("it is of task %q", a.Status.ID)
	}
	return a, err
}

// eachAssignment calls f for every assignment to any worker, announced or not.
func (z znodes) eachAssignment(ctx context.Context, f func(host, id string) error) error {
	return z.each(ctx, z.paths.IndexerTasks, z.paths.TasksOf, f)
}

// eachStatus calls f for every status of any worker, announced or not.
func (z znodes) eachStatus(ctx context.Context, f func(host, id string) error) error {
	return z.each(ctx, z.paths.IndexerStatus, z.paths.StatusesOf, f)
}

// each calls f for every child of every worker's directory under root.
func (z znodes) each(ctx context.Context, root string, dir func(host string) string, f func(host, id string) error) error {
	hosts, err := z.names(ctx, root)
	if err != nil {
		return err
	}
	for _, host := range hosts {
		ids, err := z.names(ctx, dir(host))
		if err != nil {
			return err
		}
		for _, id := range ids {
			if err := f(host, id); err != nil {
				return err
			}
		}
	}
	return nil
}

// names lists a directory, which may not be there.
func (z znodes) names(ctx context.Context, path string) ([]string, error) {
	names, err := z.zc.Children(ctx, path)
	if errors.Is(err, zkconn.ErrNoNode) {
		return nil, nil
	}
	return names, err
}

// children is names, with an error logged.
func (z znodes) children(ctx context.Context, path string) []string {
	names, err := z.names(ctx, path)
	if err != nil && ctx.Err() == nil {
		z.log.Warn("children not listed", "path", path, "error", err)
	}
	return names
}

// removeStatus deletes a task's status.
func (z znodes) removeStatus(ctx context.Context, host, id string) {
	z.remove(ctx, z.paths.Status(host, id))
}

// remove deletes a node that may be gone already.
func (z znodes) remove(ctx context.Context, path string) {
	if err := z.zc.Delete(ctx, path, -1); err != nil && !errors.Is(err, zkconn.ErrNoNode) && ctx.Err() == nil {
		z.log.Warn("node not deleted", "path", path, "error", err)
	}
}
