package metadata

import (
	"context"
	"encoding/json"
	"fmt"

	"oakmoot/internal/druid"
)

// TaskInfo is a row of druid_tasks. Task holds the stored JSON.
type TaskInfo struct {
	Task    druid.Task
	Status  druid.TaskStatus
	Created druid.Timestamp
}

// InsertTask stores a new task; ErrTaskExists when its id is taken.
func (s *Store) InsertTask(ctx context.Context, task druid.Task, status druid.TaskStatus, created druid.Timestamp) error {
	statusPayload, err := druid.Marshal(status)
	if err != nil {
		return fmt.Errorf("insert task %s: %w", task.ID, err)
	}
	return s.write(ctx, "insert task "+task.ID, func(c conn) error {
		n, err := c.exec(ctx, `INSERT INTO druid_tasks (id, created_date, datasource, payload, status_payload, active)
			VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
			task.ID, created.String(), task.DataSource, []byte(task.JSON), statusPayload, !status.Complete())
		if err == nil && n == 0 {
			err = ErrTaskExists
		}
		return err
	})
}

// SetTaskStatus stores the status of an active task; ErrNoActiveTask when there
// is no such task or it is complete already.
func (s *Store) SetTaskStatus(ctx context.Context, status druid.TaskStatus) error {
	payload, err := druid.Marshal(status)
	if err != nil {
		return fmt.Errorf("set status of task %s: %w", status.ID, err)
	}
	return s.write(ctx, "set status of task "+status.ID, func(c conn) error {
		n, err := c.exec(ctx, "UPDATE druid_tasks SET active = ?, status_payload = ? WHERE id = ? AND active = true",
			!status.Complete(), payload, status.ID)
		if err == nil && n == 0 {
			err = ErrNoActiveTask
		}
		return err
	})
}

const selectTask = "SELECT id, created_date, payload, status_payload FROM druid_tasks "

func readTask(s scan) (TaskInfo, error) {
	var id, created string
	var payload, status []byte
	if err := s(&id, &created, &payload, &status); err != nil {
		return TaskInfo{}, err
	}
	var info TaskInfo
	var err error
	if info.Created, err = druid.ParseTimestamp(created); err != nil {
		return info, fmt.Errorf("task %s: %w", id, err)
	}
	if info.Task, err = druid.ParseTask(payload, info.Created); err != nil {
		return info, fmt.Errorf("task %s: %w", id, err)
	}
	if err := json.Unmarshal(status, &info.Status); err != nil {
		return info, fmt.Errorf("status of task %s: %w", id, err)
	}
	return info, nil
}

// Task finds a task; ErrNotFound when there is none.
func (s *Store) Task(ctx context.Context, id string) (TaskInfo, error) {
	info, err := first(ctx, s.reads(), readTask, selectTask+"WHERE id = ?", id)
	if err != nil {
		return info, fmt.Errorf("read task %s: %w", id, err)
	}
	return info, nil
}

// TaskStatus finds the status of a task; ErrNotFound when there is none.
func (s *Store) TaskStatus(ctx context.Context, id string) (druid.TaskStatus, error) {
	var status druid.TaskStatus
	payload, err := first(ctx, s.reads(), single[[]byte], "SELECT status_payload FROM druid_tasks WHERE id = ?", id)
	if err == nil {
		err = json.Unmarshal(payload, &status)
	}
	if err != nil {
		return status, fmt.Errorf("read status of task %s: %w", id, err)
	}
	return status, nil
}

// ActiveTasks lists the tasks that are not complete, oldest first.
func (s *Store) ActiveTasks(ctx context.Context) ([]TaskInfo, error) {
	return s.tasks(ctx, "WHERE active = true ORDER BY created_date, id")
}

// ActiveTaskIDs lists the tasks that are not complete, oldest first.
func (s *Store) ActiveTaskIDs(ctx context.Context) ([]string, error) {
	ids, err := collect(ctx, s.reads(), single[string], "SELECT id FROM druid_tasks WHERE active = true ORDER BY created_date, id")
	if err != nil {
		return nil, fmt.Errorf("read active tasks: %w", err)
	}
	return ids, nil
}

// RecentlyFinished lists the complete tasks that were created at since or later,
// newest first, at most n of them unless n is 0.
func (s *Store) RecentlyFinished(ctx context.Context, since druid.Timestamp, n int) ([]TaskInfo, error) {
	where, args := "WHERE active = false AND created_date >= ? ORDER BY created_date DESC, id", []any{since.String()}
	if n > 0 {
		where, args = where+" LIMIT ?", append(args, n)
	}
	return s.tasks(ctx, where, args...)
}

func (s *Store) tasks(ctx context.Context, where string, args ...any) ([]TaskInfo, error) {
	tasks, err := collect(ctx, s.reads(), readTask, selectTask+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read tasks: %w", err)
	}
	return tasks, nil
}

// AddTaskLog appends an entry, a task action as JSON, to a task's audit log.
func (s *Store) AddTaskLog(ctx context.Context, taskID string, action json.RawMessage) error {
	return s.write(ctx, "log action of task "+taskID, func(c conn) error {
		_, err := c.exec(ctx, "INSERT INTO druid_tasklogs (task_id, log_payload) VALUES (?, ?)", taskID, []byte(action))
		return err
	})
}

// TaskLogs are the entries of a task's audit log, oldest first.
func (s *Store) TaskLogs(ctx context.Context, taskID string) ([]json.RawMessage, error) {
	read := func(s scan) (json.RawMessage, error) { return single[[]byte](s) }
	entries, err := collect(ctx, s.reads(), read, "SELECT log_payload FROM druid_tasklogs WHERE task_id = ? ORDER BY id", taskID)
	if err != nil {
		return nil, fmt.Errorf("read log of task %s: %w", taskID, err)
	}
	return entries, nil
}
