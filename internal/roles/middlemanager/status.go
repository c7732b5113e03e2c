package middlemanager

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/zk/zkconn"
	"oakmoot/internal/zk/zkpath"
)

// write is one change of the worker's part of the tree.
type write struct {
	what writeKind
	id   string // of the task
	data []byte
	done func(error) // run by the loop, if set, with what became of it
}

type writeKind int

const (
	setStatus  writeKind = iota // create the task's status, or set it
	deleteTask                  // remove the assignment
	takeTask                    // both at once, or neither
)

// writeAgain is how long a write waits that the connection has given up.
const writeAgain = time.Second

// carryOut is do until ZooKeeper has answered, or ctx ends. Druid tries once: a status
// that is not written then holds its slot for ever.
func (m *monitor) carryOut(ctx context.Context, w write) error {
	for {
		err := m.do(ctx, w)
		if err == nil || ctx.Err() != nil || answered(err) {
			return err
		}
		m.log.Warn("not written yet", "task", w.id, "error", err)
		select {
		case <-time.After(writeAgain):
		case <-ctx.Done():
		}
	}
}

// answered tells an error that another try would meet again.
func answered(err error) bool {
	for _, refusal := range []error{errWithdrawn, zkconn.ErrNoNode, zkconn.ErrNodeExists, zkconn.ErrNotEmpty, zkconn.ErrBadVersion, zkconn.ErrNoAuth, zkconn.ErrClosed} {
		if errors.Is(err, refusal) {
			return true
		}
	}
	var oversize oversizeError
	return errors.As(err, &oversize)
}

// do carries a write out.
func (m *monitor) do(ctx context.Context, w write) error {
	if w.what == deleteTask {
		err := m.zc.Delete(ctx, m.cfg.Paths.Task(m.worker.Host, w.id), -1)
		if errors.Is(err, zkconn.ErrNoNode) {
			return nil // an overlord that assigns over HTTP makes none
		}
		return err
	}
	path := m.cfg.Paths.Status(m.worker.Host, w.id)
	if len(w.data) > m.maxZnodeBytes {
		return fmt.Errorf("set %s: %w", path, oversizeError{len(w.data), m.maxZnodeBytes})
	}
	if w.what == takeTask {
		return m.takeNode(ctx, path, m.cfg.Paths.Task(m.worker.Host, w.id), w.data)
	}
	return m.createOrSet(ctx, path, w.data)
}

// errWithdrawn is an assignment that is gone: its overlord is, or has thought better.
var errWithdrawn = errors.New("the assignment was taken back")

// takeNode writes a status and deletes the assignment that it answers, both or
// neither. What is refused may have been carried out by a try whose answer was lost:
// then the status is there as it was to be written, which nobody else does.
func (m *monitor) takeNode(ctx context.Context, status, assignment string, data []byte) error {
	if err := createIfMissing(ctx, m.zc, zkpath.Parent(status), nil, m.maxZnodeBytes); err != nil {
		return err // an overlord has cleaned up after this worker
	}
	before, err := m.zc.Exists(ctx, status)
	if err != nil {
		return err
	}
	write := zkconn.Creation(status, data, zkconn.Persistent)
	if before != nil {
		write = zkconn.Setting(status, data)
	}
	if err = m.zc.Transact(ctx, write, zkconn.Deletion(assignment)); !answered(err) {
		return err
	}
	found, _, err := m.zc.Get(ctx, status)
	if errors.Is(err, zkconn.ErrNoNode) || err == nil && !bytes.Equal(found, data) {
		return errWithdrawn
	}
	return err
}

// createOrSet is CuratorUtils.createOrSet of Druid: a node that vanishes while it
// is being set stays gone, its overlord has seen what it wanted.
func (m *monitor) createOrSet(ctx context.Context, path string, data []byte) error {
	stat, err := m.zc.Exists(ctx, path)
	if err != nil {
		return err
	}
	if stat == nil {
		_, err := m.zc.CreateParents(ctx, path, data, zkconn.Persistent)
		if !errors.Is(err, zkconn.ErrNodeExists) {
			return err
		}
	}
	_, err = m.zc.Set(ctx, path, data, -1)
	if errors.Is(err, zkconn.ErrNoNode) {
		m.log.Warn("status vanished while it was set", "path", path)
		return nil
	}
	return err
}

// setStatus is the write of an announcement.
func (m *monitor) setStatus(a druid.TaskAnnouncement) write {
	data, err := m.cfg.Release.Marshal(a)
	if err != nil {
		panic("middlemanager: task announcement: " + err.Error()) // every value of the type marshals
	}
	return write{what: setStatus, id: a.Status.ID, data: data}
}

func announcementOf(t druid.Task, s druid.TaskStatus, at druid.TaskLocation) druid.TaskAnnouncement {
	return druid.TaskAnnouncement{Status: s, Type: t.Type, Resource: t.Resource, Location: at, DataSource: t.DataSource}
}

func runningAnnouncement(t druid.Task) druid.TaskAnnouncement {
	return announcementOf(t, druid.TaskStatus{ID: t.ID, Status: druid.TaskRunning, Duration: -1}, druid.UnknownLocation())
}

// settle decides what becomes of a status found at the start: a RUNNING one of a
// task that has ended here, or that nobody runs, is set to its result. All others
// are left to the overlord.
func settle(found druid.TaskAnnouncement, completed map[string]druid.TaskAnnouncement, isRunning func(id string) bool) (druid.TaskAnnouncement, bool) {
	if found.Status.Status != druid.TaskRunning {
		return found, false
	}
	id := found.Status.ID
	if done, ok := completed[id]; ok {
		found.Status = done.Status
	} else if !isRunning(id) {
		found.Status = druid.TaskStatus{ID: id, Status: druid.TaskFailed, Duration: -1}
	} else {
		return found, false
	}
	found.Location = druid.UnknownLocation()
	return found, true
}

// settleStatuses writes the results of what the last incarnation left RUNNING.
func (m *monitor) settleStatuses(ctx context.Context) error {
	dir := m.cfg.Paths.StatusesOf(m.worker.Host)
	ids, err := m.zc.Children(ctx, dir)
	if err != nil {
		return fmt.Errorf("settle statuses: %w", err)
	}
	slices.Sort(ids)
	for _, id := range ids {
		data, _, err := m.zc.Get(ctx, m.cfg.Paths.Status(m.worker.Host, id))
		if errors.Is(err, zkconn.ErrNoNode) {
			continue
		}
		if err != nil {
			return fmt.Errorf("settle statuses: %w", err)
		}
		var found druid.TaskAnnouncement
		if err := json.Unmarshal(data, &found); err != nil {
			m.log.Error("status not understood", "path", m.cfg.Paths.Status(m.worker.Host, id), "error", err)
			continue
		}
		result, stale := settle(found, m.completed, func(id string) bool { return m.running[id] != nil })
		if !stale {
			continue
		}
		m.log.Info("stale status settled", "task", id, "status", result.Status.Status)
		if err := m.do(ctx, m.setStatus(result)); err != nil {
			return fmt.Errorf("settle statuses: %w", err)
		}
	}
	return nil
}
