// Package durable writes files so that a crash, even of the machine, leaves them either as they were or as they
// should be.
package durable

import (
	"errors"
	"io/fs"
	"path/filepath"

	"oakmoot/internal/run/disk"
)

// Replace makes data the whole content of a file: it is written beside the file, made durable, and put in its place.
func Replace(d disk.Disk, path string, data []byte) error {
	tmp, err := disk.CreateTemp(d, filepath.Dir(path), "."+filepath.Base(path)+"-*.tmp")
	if err != nil {
		return err
	}
	_, err = tmp.Write(data)
	if err == nil {
		err = tmp.Sync()
	}
	if err = errors.Join(err, tmp.Close()); err == nil {
		err = d.Rename(tmp.Name(), path)
	}
	if err != nil {
		_ = d.Remove(tmp.Name()) // nobody reads it
		return err
	}
	return disk.SyncDir(d, filepath.Dir(path))
}

// Tree makes the files below a directory durable, along with their names.
func Tree(d disk.Disk, dir string) error {
	return disk.WalkDir(d, dir, func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir():
			return disk.SyncDir(d, path)
		case !e.Type().IsRegular():
			return nil
		}
		return disk.SyncFile(d, path)
	})
}

// Rename renames a file or directory durably.
func Rename(d disk.Disk, from, to string) error {
	if err := d.Rename(from, to); err != nil {
		return err
	}
	return disk.SyncDir(d, filepath.Dir(to))
}
