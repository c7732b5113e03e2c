package metadata

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"oakmoot/internal/druid"
)

// TaskInfo is a row of druid_tasks. Task holds the stored JSON.
type TaskInfo struct {
	Task    druid.Task
	Status  druid.TaskStatus
	Created druid.Timestamp
}

// InsertTask stores a new task; ErrTaskExists if its id is taken.
func (s Tasks) InsertTask(ctx context.Context, task druid.Task, status druid.TaskStatus, created druid.Timestamp) error {
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

// SetTaskStatus stores the status of an active task; ErrNoActiveTask if there is no such task or it is already
// complete.
func (s Tasks) SetTaskStatus(ctx context.Context, status druid.TaskStatus) error {
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

func readTask(s scan) (id string, info TaskInfo, err error) {
	var created string
	var payload, status []byte
	if err := s(&id, &created, &payload, &status); err != nil {
		return id, info, err
	}
	if info.Created, err = druid.ParseTimestamp(created); err != nil {
		return id, info, fmt.Errorf("created_date: %w", err)
	}
	if info.Task, err = druid.ParseTask(payload, info.Created); err != nil {
		return id, info, fmt.Errorf("payload: %w", err)
	}
	if info.Task.ID != id {
		return id, info, fmt.Errorf("payload: it is the task %s", info.Task.ID)
	}
	info.Status, err = readStatus(id, status)
	return id, info, err
}

// readStatus reads a status_payload. Java's TaskStatus must have an id and a state.
func readStatus(id string, payload []byte) (druid.TaskStatus, error) {
	var status druid.TaskStatus
	if err := json.Unmarshal(payload, &status); err != nil {
		return status, fmt.Errorf("status_payload: %w", err)
	}
	if status.ID != id || !slices.Contains([]string{druid.TaskRunning, druid.TaskSuccess, druid.TaskFailed}, status.Status) {
		return status, fmt.Errorf("status_payload: not a status of this task: %.200s", payload)
	}
	return status, nil
}

// Task finds a task; ErrNotFound if there is none.
func (s Tasks) Task(ctx context.Context, id string) (TaskInfo, error) {
	read := func(s scan) (TaskInfo, error) {
		_, info, err := readTask(s)
		return info, err
	}
	info, err := first(ctx, s.reads(), read, selectTask+"WHERE id = ?", id)
	if err != nil {
		return info, fmt.Errorf("read task %s: %w", id, err)
	}
	return info, nil
}

// TaskStatus finds a task's status; ErrNotFound if there is none, ErrUnreadable if the row does not hold a status.
func (s Tasks) TaskStatus(ctx context.Context, id string) (druid.TaskStatus, error) {
	read := func(scanned scan) (druid.TaskStatus, error) {
		var payload []byte
		if err := scanned(&payload); err != nil {
			return druid.TaskStatus{}, err
		}
		status, err := readStatus(id, payload)
		if err != nil {
			s.ledger.note("druid_tasks", id, err)
			err = fmt.Errorf("%w: %w", ErrUnreadable, err)
		}
		return status, err
	}
	status, err := first(ctx, s.reads(), read, "SELECT status_payload FROM druid_tasks WHERE id = ?", id)
	if err != nil {
		return status, fmt.Errorf("read status of task %s: %w", id, err)
	}
	return status, nil
}

// ActiveTasks lists the readable tasks that are not complete, oldest first.
func (s Tasks) ActiveTasks(ctx context.Context) ([]TaskInfo, error) {
	return s.tasks(ctx, "WHERE active = true ORDER BY created_date, id")
}

// ActiveTaskIDs lists the tasks that are not complete, oldest first.
func (s Tasks) ActiveTaskIDs(ctx context.Context) ([]string, error) {
	ids, err := collect(ctx, s.reads(), single[string], "SELECT id FROM druid_tasks WHERE active = true ORDER BY created_date, id")
	if err != nil {
		return nil, fmt.Errorf("read active tasks: %w", err)
	}
	return ids, nil
}

// TaskIDs lists the ids of all tasks of a datasource, whether or not their rows are readable.
func (s Tasks) TaskIDs(ctx context.Context, dataSource string) ([]string, error) {
	ids, err := collect(ctx, s.reads(), single[string], "SELECT id FROM druid_tasks WHERE datasource = ?", dataSource)
	if err != nil {
		return nil, fmt.Errorf("read tasks of %s: %w", dataSource, err)
	}
	return ids, nil
}

// RecentlyFinished lists the readable complete tasks that were created at or after since, newest first; at most n of
// them unless n is 0.
func (s Tasks) RecentlyFinished(ctx context.Context, since druid.Timestamp, n int) ([]TaskInfo, error) {
	where, args := "WHERE active = false AND created_date >= ? ORDER BY created_date DESC, id", []any{since.String()}
	if n > 0 {
		where, args = where+" LIMIT ?", append(args, n)
	}
	return s.tasks(ctx, where, args...)
}

func (s Tasks) tasks(ctx context.Context, where string, args ...any) ([]TaskInfo, error) {
	tasks, err := readable(ctx, s.reads(), "druid_tasks", readTask, selectTask+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read tasks: %w", err)
	}
	return tasks, nil
}

// AddTaskLog appends a task action, as JSON, to a task's audit log.
func (s Tasks) AddTaskLog(ctx context.Context, taskID string, action json.RawMessage) error {
	return s.write(ctx, "log action of task "+taskID, func(c conn) error {
		_, err := c.exec(ctx, "INSERT INTO druid_tasklogs (task_id, log_payload) VALUES (?, ?)", taskID, []byte(action))
		return err
	})
}

// TaskLogs are the entries of a task's audit log, oldest first.
func (s Tasks) TaskLogs(ctx context.Context, taskID string) ([]json.RawMessage, error) {
	read := func(s scan) (json.RawMessage, error) { return single[[]byte](s) }
	entries, err := collect(ctx, s.reads(), read, "SELECT log_payload FROM druid_tasklogs WHERE task_id = ? ORDER BY id", taskID)
	if err != nil {
		return nil, fmt.Errorf("read log of task %s: %w", taskID, err)
	}
	return entries, nil
}
