package metadata

import (
	"context"
	"fmt"
	"sync"

	"oakmoot/internal/druid"
)

// TaskSummary is what a list says of a task.
type TaskSummary struct {
	ID, Type, DataSource string
	Status               druid.TaskStatus
}

// taskHead is what a task's payload says for a list. It never changes.
type taskHead struct{ kind, dataSource string }

// taskHeads remembers heads, since a payload may hold megabytes of rows.
type taskHeads struct {
	mu    sync.Mutex // guards known
	known map[string]taskHead
}

// headsKept is how many heads are remembered; then all are forgotten.
const headsKept = 10_000

func (h *taskHeads) get(id string) (taskHead, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	head, known := h.known[id]
	return head, known
}

func (h *taskHeads) put(id string, head taskHead) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.known == nil || len(h.known) >= headsKept {
		h.known = map[string]taskHead{}
	}
	h.known[id] = head
}

// taskPlace is where a row stands among the tasks: active ones first, oldest first, then the newest.
type taskPlace struct {
	id, created string
	active      bool
}

// ListTasks lists the readable tasks, limit of them at most: active ones first, oldest first, then the newest that are
// complete. It begins behind the task after, unless that is ""; ErrNotFound if there is no such task.
func (s Tasks) ListTasks(ctx context.Context, after string, limit int) (tasks []TaskSummary, err error) {
	at := taskPlace{active: true}
	if after != "" {
		place := func(s scan) (p taskPlace, err error) {
			p.id = after
			return p, s(&p.created, &p.active)
		}
		if at, err = first(ctx, s.reads(), place, "SELECT created_date, active FROM druid_tasks WHERE id = ?", after); err != nil {
			return nil, fmt.Errorf("task %s: %w", after, err)
		}
	}
	for len(tasks) < limit {
		rows, err := s.rowsBehind(ctx, at, limit-len(tasks))
		if err != nil {
			return nil, fmt.Errorf("list tasks: %w", err)
		}
		readable, err := s.summaries(ctx, rows)
		if err != nil {
			return nil, fmt.Errorf("list tasks: %w", err)
		}
		tasks = append(tasks, readable...)
		switch {
		case len(rows) > 0:
			at = rows[len(rows)-1].taskPlace
		case at.active:
			at = taskPlace{}
		default:
			return tasks, nil
		}
	}
	return tasks, nil
}

// taskRow is a row without its payload.
type taskRow struct {
	taskPlace
	status []byte
}

// rowsBehind are the next rows of the same half, active or complete.
func (s Tasks) rowsBehind(ctx context.Context, at taskPlace, limit int) ([]taskRow, error) {
	read := func(s scan) (row taskRow, err error) {
		row.active = at.active
		return row, s(&row.id, &row.created, &row.status)
	}
	before, order := "<", "created_date DESC, id"
	if at.active {
		before, order = ">", "created_date, id"
	}
	where, args := "", []any{at.active}
	if at.id != "" {
		where, args = " AND (created_date "+before+" ? OR created_date = ? AND id > ?)", append(args, at.created, at.created, at.id)
	}
	return collect(ctx, s.reads(), read, "SELECT id, created_date, status_payload FROM druid_tasks WHERE active = ?"+where+" ORDER BY "+order+" LIMIT ?",
		append(args, limit)...)
}

// summaries are what the rows say that can be read.
func (s Tasks) summaries(ctx context.Context, rows []taskRow) (all []TaskSummary, err error) {
	for _, row := range rows {
		head, known := s.heads.get(row.id)
		if !known {
			found, err := readable(ctx, s.reads(), "druid_tasks", readTask, selectTask+"WHERE id = ?", row.id)
			if err != nil {
				return nil, err
			}
			if len(found) == 0 {
				continue
			}
			head = taskHead{found[0].Task.Type, found[0].Task.DataSource}
			s.heads.put(row.id, head)
		}
		status, err := readStatus(row.id, row.status)
		if err != nil {
			s.ledger.note("druid_tasks", row.id, err)
			continue
		}
		s.ledger.strike("druid_tasks", row.id)
		all = append(all, TaskSummary{row.id, head.kind, head.dataSource, status})
	}
	return all, nil
}
