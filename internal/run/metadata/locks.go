package metadata

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"oakmoot/internal/druid"
)

// AddLock stores a lock that a task holds.
func (s Tasks) AddLock(ctx context.Context, taskID string, lock druid.TaskLock) error {
	payload, err := druid.Marshal(lock)
	if err != nil {
		return fmt.Errorf("add lock of task %s: %w", taskID, err)
	}
	return s.write(ctx, "add lock of task "+taskID, func(c conn) error {
		_, err := c.exec(ctx, "INSERT INTO druid_tasklocks (task_id, lock_payload) VALUES (?, ?)", taskID, payload)
		return err
	})
}

// RemoveLock deletes a lock of a task; it is not an error if the task does not hold it.
func (s Tasks) RemoveLock(ctx context.Context, taskID string, lock druid.TaskLock) error {
	return s.write(ctx, "remove lock of task "+taskID, func(c conn) error {
		return c.eachLockRow(ctx, taskID, lock, func(id int64) error {
			_, err := c.exec(ctx, "DELETE FROM druid_tasklocks WHERE id = ?", id)
			return err
		})
	})
}

// ReplaceLock replaces a lock with another of the same task, for example when it is revoked; ErrNotFound if the task
// does not hold old.
func (s Tasks) ReplaceLock(ctx context.Context, taskID string, old, lock druid.TaskLock) error {
	payload, err := druid.Marshal(lock)
	if err != nil {
		return fmt.Errorf("replace lock of task %s: %w", taskID, err)
	}
	return s.write(ctx, "replace lock of task "+taskID, func(c conn) error {
		replaced := false
		err := c.eachLockRow(ctx, taskID, old, func(id int64) error {
			replaced = true
			_, err := c.exec(ctx, "UPDATE druid_tasklocks SET lock_payload = ? WHERE id = ?", payload, id)
			return err
		})
		if err == nil && !replaced {
			err = ErrNotFound
		}
		return err
	})
}

// lockRow is a row of druid_tasklocks.
type lockRow struct {
	id     int64
	taskID string
	lock   druid.TaskLock
}

func readLock(s scan) (id string, r lockRow, err error) {
	var payload []byte
	if err := s(&r.id, &r.taskID, &payload); err != nil {
		return "", r, err
	}
	id = strconv.FormatInt(r.id, 10)
	if err := json.Unmarshal(payload, &r.lock); err != nil {
		return id, r, err
	}
	if r.lock.DataSource == "" || r.lock.Version == "" {
		return id, r, fmt.Errorf("lock of task %s: dataSource and version are required: %.200s", r.taskID, payload)
	}
	return id, r, nil
}

func (c conn) eachLockRow(ctx context.Context, taskID string, lock druid.TaskLock, f func(id int64) error) error {
	rows, err := readable(ctx, c, "druid_tasklocks", readLock, "SELECT id, task_id, lock_payload FROM druid_tasklocks WHERE task_id = ? ORDER BY id", taskID)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if sameLock(row.lock, lock) {
			if err := f(row.id); err != nil {
				return err
			}
		}
	}
	return nil
}

// sameLock is Java's TaskLock.equals.
func sameLock(a, b druid.TaskLock) bool {
	return a.Type == b.Type && a.GroupID == b.GroupID && a.DataSource == b.DataSource && a.Interval == b.Interval &&
		a.Version == b.Version && a.Priority == b.Priority && a.Revoked == b.Revoked
}

// Locks are all stored locks by task id, each task's in the order in which they were added.
func (s Tasks) Locks(ctx context.Context) (map[string][]druid.TaskLock, error) {
	rows, err := readable(ctx, s.reads(), "druid_tasklocks", readLock, "SELECT id, task_id, lock_payload FROM druid_tasklocks WHERE task_id IS NOT NULL ORDER BY id")
	if err != nil {
		return nil, fmt.Errorf("read locks: %w", err)
	}
	locks := make(map[string][]druid.TaskLock)
	for _, r := range rows {
		locks[r.taskID] = append(locks[r.taskID], r.lock)
	}
	return locks, nil
}
