package middlemanager

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"oakmoot/internal/druid"
	"oakmoot/internal/zkconn"
)

// write is one change of the worker's part of the tree.
type write struct {
	what writeKind
	id   string // of the task
	data []byte
}

type writeKind int

const (
	setStatus  writeKind = iota // create the task's status, or set it
	deleteTask                  // remove the assignment
)

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
	return m.createOrSet(ctx, path, w.data)
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
	return write{setStatus, a.Status.ID, data}
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
