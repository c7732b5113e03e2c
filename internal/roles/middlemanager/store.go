package middlemanager

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/disk"
)

// store is druid.indexer.task.baseTaskDir: what a worker remembers of its tasks
// across a restart. A name in assignedTasks or completedTasks is a task id.
type store struct {
	disk disk.Disk
	dir  string
}

const (
	assignedTasks  = "assignedTasks"
	completedTasks = "completedTasks"
	restoreFile    = "restore.json"
)

func openStore(on disk.Disk, dir string) (store, error) {
	for _, d := range []string{assignedTasks, completedTasks} {
		if err := on.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			return store{}, fmt.Errorf("task directory: %w", err)
		}
	}
	return store{on, dir}, nil
}

// path is a file of assignedTasks or completedTasks.
func (s store) path(dir, id string) string { return filepath.Join(s.dir, dir, id) }

// taskDir is the directory of one running task.
func (s store) taskDir(id string) string { return filepath.Join(s.dir, id) }

// checkID refuses ids that are not plain file names, or that name something else here.
func checkID(id string) error {
	if slices.Contains([]string{assignedTasks, completedTasks, restoreFile}, id) {
		return fmt.Errorf("task id %q cannot name a directory", id)
	}
	return druid.CheckTaskID(id)
}

func (s store) putAssigned(t druid.Task) error {
	return s.write(s.path(assignedTasks, t.ID), t.JSON)
}

func (s store) removeAssigned(id string) error { return s.remove(assignedTasks, id) }

func (s store) putCompleted(a druid.TaskAnnouncement) error {
	data, err := druid.Marshal(a)
	if err != nil {
		return err
	}
	return s.write(s.path(completedTasks, a.Status.ID), data)
}

func (s store) removeCompleted(id string) error { return s.remove(completedTasks, id) }

func (s store) remove(dir, id string) error {
	if err := s.disk.Remove(s.path(dir, id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// each calls f with every file of the directory, in the order of their names; one that
// cannot be read comes with its error.
func (s store) each(dir string, f func(name string, data []byte, err error)) error {
	entries, err := s.disk.ReadDir(filepath.Join(s.dir, dir))
	if err != nil {
		return fmt.Errorf("read %s: %w", dir, err)
	}
	for _, e := range entries {
		data, err := disk.ReadFile(s.disk, s.path(dir, e.Name()))
		f(e.Name(), data, err)
	}
	return nil
}

// restoreInfo is ForkingTaskRunner.TaskRestoreInfo.
type restoreInfo struct {
	RunningTasks []string `json:"runningTasks"`
}

func (s store) putRunning(ids []string) error {
	data, err := druid.Marshal(restoreInfo{append([]string{}, ids...)})
	if err != nil {
		return err
	}
	return s.write(filepath.Join(s.dir, restoreFile), data)
}

// running are the tasks that ran when the last incarnation ended.
func (s store) running() ([]string, error) {
	data, err := disk.ReadFile(s.disk, filepath.Join(s.dir, restoreFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var info restoreInfo
	if err := json.Unmarshal(data, &info); err != nil {
		return nil, fmt.Errorf("%s: %w", restoreFile, err)
	}
	return info.RunningTasks, nil
}

// write replaces a file at once, so that a crash leaves the old one or the new.
func (s store) write(path string, data []byte) error {
	f, err := disk.CreateTemp(s.disk, s.dir, ".new-*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = s.disk.Rename(f.Name(), path)
	}
	if err != nil {
		_ = s.disk.Remove(f.Name()) // nothing reads it
	}
	return err
}
