package deepstore

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/google/uuid"

	"oakmoot/internal/run/disk"
)

// Logs keeps the logs and reports of finished tasks: FileTaskLogs, with
// druid.indexer.logs.type=file.
type Logs struct {
	disk disk.Disk
	dir  string
}

// NewLogs keeps logs in dir, druid.indexer.logs.directory, which need not exist on d.
func NewLogs(d disk.Disk, dir string) *Logs { return &Logs{d, dir} }

// PushLog stores a copy of file as the log of the task.
func (l *Logs) PushLog(taskID, file string) error { return l.push(taskID, "log", file) }

// PushReport stores a copy of file as the report of the task.
func (l *Logs) PushReport(taskID, file string) error { return l.push(taskID, "report.json", file) }

// OpenLog opens a task's log at offset bytes; a negative offset counts from the end. If there is none the error is
// os.ErrNotExist.
func (l *Logs) OpenLog(taskID string, offset int64) (io.ReadCloser, error) {
	return l.open(taskID, "log", offset)
}

// OpenReport opens a task's report. If there is none the error is os.ErrNotExist.
func (l *Logs) OpenReport(taskID string) (io.ReadCloser, error) {
	return l.open(taskID, "report.json", 0)
}

// KillOlderThan deletes logs and reports last written before t.
func (l *Logs) KillOlderThan(t time.Time) error {
	entries, err := l.disk.ReadDir(l.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		info, infoErr := e.Info()
		if infoErr == nil && info.Mode().IsRegular() && info.ModTime().Before(t) {
			err = errors.Join(err, l.disk.Remove(filepath.Join(l.dir, e.Name())))
		}
	}
	return err
}

// name is the name of a task's file in the directory of the logs.
func (l *Logs) name(taskID, suffix string) (string, error) {
	name := taskID + "." + suffix
	if !plainName(name) {
		return "", fmt.Errorf("task id %q is not the plain name of a file", taskID)
	}
	return name, nil
}

func (l *Logs) push(taskID, suffix, file string) error {
	to, err := l.name(taskID, suffix)
	if err != nil {
		return err
	}
	if err := l.copyIn(file, to); err != nil {
		return fmt.Errorf("push %s of %s: %w", suffix, taskID, err)
	}
	return nil
}

func (l *Logs) copyIn(file, to string) error {
	in, err := disk.Open(l.disk, file)
	if err != nil {
		return err
	}
	defer in.Close()
	if err := l.disk.MkdirAll(l.dir, 0o755); err != nil {
		return err
	}
	root, err := l.disk.OpenRoot(l.dir)
	if err != nil {
		return err
	}
	defer root.Close()
	aside := "." + uuid.NewString()
	defer root.Remove(aside) // renamed already if all went well
	out, err := disk.Create(root, aside)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if err = errors.Join(err, out.Close()); err == nil {
		err = root.Rename(aside, to)
	}
	return err
}

func (l *Logs) open(taskID, suffix string, offset int64) (io.ReadCloser, error) {
	name, err := l.name(taskID, suffix)
	if err != nil {
		return nil, err
	}
	root, err := l.disk.OpenRoot(l.dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	f, err := disk.Open(root, name)
	if err != nil {
		return nil, err
	}
	return seekTo(f, offset)
}

// OpenAt opens a file at offset bytes, or at -offset bytes before its end when
// offset is negative: LogUtils.streamFile, which also serves running tasks.
func OpenAt(d disk.Disk, path string, offset int64) (io.ReadCloser, error) {
	f, err := disk.Open(d, path)
	if err != nil {
		return nil, err
	}
	return seekTo(f, offset)
}

// seekTo positions f at offset; it closes f if that fails.
func seekTo(f disk.File, offset int64) (io.ReadCloser, error) {
	whence := io.SeekStart
	if offset < 0 {
		whence = io.SeekEnd
		if size, err := f.Seek(0, io.SeekEnd); err == nil {
			offset = max(offset, -size)
		}
	}
	if _, err := f.Seek(offset, whence); err != nil {
		f.Close()
		return nil, fmt.Errorf("open %s at %d: %w", f.Name(), offset, err)
	}
	return f, nil
}
