package disk

import (
	"io/fs"
	"path/filepath"
)

// WalkDir calls f for a directory and for everything below it, in the order of the
// names, as [filepath.WalkDir] does. It ends with the first error of f; nothing is
// skipped.
func WalkDir(d Files, dir string, f fs.WalkDirFunc) error {
	info, err := d.Lstat(dir)
	if err != nil {
		return f(dir, nil, err)
	}
	return walk(d, dir, fs.FileInfoToDirEntry(info), f)
}

func walk(d Files, path string, e fs.DirEntry, f fs.WalkDirFunc) error {
	if err := f(path, e, nil); err != nil || !e.IsDir() {
		return err
	}
	entries, err := d.ReadDir(path)
	if err != nil {
		if err := f(path, e, err); err != nil {
			return err
		}
	}
	for _, below := range entries {
		if err := walk(d, filepath.Join(path, below.Name()), below, f); err != nil {
			return err
		}
	}
	return nil
}
