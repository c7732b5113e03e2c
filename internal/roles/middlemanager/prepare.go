package middlemanager

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/peon"
	"oakmoot/internal/run/disk"
)

// prepare picks up what the last incarnation left, in the order of
// WorkerTaskManager.start: tasks to restore, assigned ones, completed ones, and
// then statuses whose tasks nobody runs.
func (m *monitor) prepare(ctx context.Context) error {
	m.restore()
	err := m.store.each(assignedTasks, func(id string, data []byte, err error) {
		task, err := readTask(druid.At(m.loop.Clock.Now()), id, data, err)
		if err != nil {
			m.log.Error("corrupted assigned task on disk", "path", m.store.path(assignedTasks, id), "error", err)
			return
		}
		if !m.tasks.begun(id) { // it may have been restored
			m.tasks.enter(newTask(task), assigned)
		}
		m.notices.add(func() []write { return m.startNow(task) })
	})
	if err != nil {
		return err
	}
	err = m.store.each(completedTasks, func(id string, data []byte, err error) {
		a, err := readCompleted(id, data, err)
		if err != nil {
			m.log.Error("corrupted completed task on disk", "path", m.store.path(completedTasks, id), "error", err)
			return
		}
		if m.tasks.active(id) == nil { // it may have been restored
			m.tasks.enter(&task{state: unknown, announcement: a}, completed)
		}
	})
	if err != nil {
		return err
	}
	return settleStatuses(ctx, m.tree, m.tasks)
}

// readTask is the task of an id from a file, which may not have been readable, as it is read now.
func readTask(now druid.Timestamp, id string, data []byte, err error) (druid.Task, error) {
	if err != nil {
		return druid.Task{}, err
	}
	task, err := druid.ParseTask(data, now)
	if err != nil {
		return task, err
	}
	if task.ID != id {
		return task, fmt.Errorf("it is the task %s", task.ID)
	}
	return task, checkID(id)
}

// readCompleted is the result of a task from a file, which may not have been readable.
func readCompleted(id string, data []byte, err error) (druid.TaskAnnouncement, error) {
	var a druid.TaskAnnouncement
	if err != nil {
		return a, err
	}
	if err := json.Unmarshal(data, &a); err != nil {
		return a, err
	}
	if a.Status.ID != id || !a.Status.Complete() {
		return a, fmt.Errorf("it is no result of the task: %.200s", data)
	}
	return a, nil
}

// restore runs again what ran when the last incarnation ended, if that is wanted
// and the task can be restored; the directories of all others are deleted.
func (m *monitor) restore() {
	ids, err := m.store.running()
	if err != nil {
		m.log.Error("running tasks not restored", "error", err)
	}
	wanted := m.runner.cfg.Props.Bool("druid.indexer.task.restoreTasksOnRestart", false)
	for _, id := range ids {
		if checkID(id) != nil || m.tasks.in(id) != unknown {
			continue
		}
		if wanted && m.restoreTask(id) {
			m.log.Info("restoring task", "task", id)
			continue
		}
		if err := m.store.disk.RemoveAll(m.store.taskDir(id)); err != nil {
			m.log.Warn("task directory not removed", "task", id, "error", err)
		}
	}
}

func (m *monitor) restoreTask(id string) bool {
	data, err := disk.ReadFile(m.store.disk, filepath.Join(m.store.taskDir(id), "task.json"))
	if err != nil {
		m.log.Warn("task not restored", "task", id, "error", err)
		return false
	}
	task, err := readTask(druid.At(m.loop.Clock.Now()), id, data, nil)
	if err != nil {
		m.log.Warn("task not restored", "task", id, "error", err)
		return false
	}
	if !peon.Restorable(task, m.runner.cfg.Kinds) {
		return false
	}
	m.tasks.enter(newTask(task), assigned)
	m.runner.accept(m.tasks.all[id])
	m.saveRunning()
	return true
}
