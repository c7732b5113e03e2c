package diskfault

import (
	"io/fs"
	"path/filepath"

	"oakmoot/internal/run/disk"
)

// root is a directory of a view.
type root struct {
	view  view
	under disk.Root
	dir   string
}

func (r root) full(path string) string { return filepath.Join(r.dir, path) }

func (r root) OpenFile(path string, flag int, perm fs.FileMode) (disk.File, error) {
	return open(r.view, r.under, path, r.full(path), flag, perm)
}

func (r root) MkdirAll(path string, perm fs.FileMode) error {
	if err := r.view.fails(OpMkdir, r.full(path), "mkdirat"); err != nil {
		return err
	}
	return r.under.MkdirAll(path, perm)
}

func (r root) Rename(from, to string) error {
	return rename(r.view, r.under, r.full(from), from, to)
}

func (r root) Remove(path string) error {
	if err := r.view.fails(OpRemove, r.full(path), "unlinkat"); err != nil {
		return err
	}
	return r.under.Remove(path)
}

func (r root) RemoveAll(path string) error {
	if err := r.view.fails(OpRemove, r.full(path), "unlinkat"); err != nil {
		return err
	}
	return r.under.RemoveAll(path)
}

func (r root) ReadDir(path string) ([]fs.DirEntry, error) {
	if err := r.view.fails(OpLook, r.full(path), "openat"); err != nil {
		return nil, err
	}
	return r.under.ReadDir(path)
}

func (r root) Stat(path string) (fs.FileInfo, error) {
	if err := r.view.fails(OpLook, r.full(path), "statat"); err != nil {
		return nil, err
	}
	return r.under.Stat(path)
}

func (r root) Lstat(path string) (fs.FileInfo, error) {
	if err := r.view.fails(OpLook, r.full(path), "lstatat"); err != nil {
		return nil, err
	}
	return r.under.Lstat(path)
}

func (r root) Close() error { return r.under.Close() }
