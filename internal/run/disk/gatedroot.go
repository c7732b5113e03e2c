package disk

import (
	"io/fs"
	"path/filepath"
)

// gatedRoot is a directory of a gated disk.
type gatedRoot struct {
	ask   Gate
	under Root
	dir   string
}

func (r gatedRoot) full(path string) string { return filepath.Join(r.dir, path) }

func (r gatedRoot) OpenFile(path string, flag int, perm fs.FileMode) (File, error) {
	return open(r.ask, r.under, path, r.full(path), flag, perm)
}

func (r gatedRoot) MkdirAll(path string, perm fs.FileMode) error {
	if err := r.ask.fails(OpMkdir, r.full(path), "mkdirat"); err != nil {
		return err
	}
	return r.under.MkdirAll(path, perm)
}

func (r gatedRoot) Rename(from, to string) error {
	return rename(r.ask, r.under, r.full(from), from, to)
}

func (r gatedRoot) Remove(path string) error {
	if err := r.ask.fails(OpRemove, r.full(path), "unlinkat"); err != nil {
		return err
	}
	return r.under.Remove(path)
}

func (r gatedRoot) RemoveAll(path string) error {
	if err := r.ask.fails(OpRemove, r.full(path), "unlinkat"); err != nil {
		return err
	}
	return r.under.RemoveAll(path)
}

func (r gatedRoot) ReadDir(path string) ([]fs.DirEntry, error) {
	if err := r.ask.fails(OpLook, r.full(path), "openat"); err != nil {
		return nil, err
	}
	return r.under.ReadDir(path)
}

func (r gatedRoot) Stat(path string) (fs.FileInfo, error) {
	if err := r.ask.fails(OpLook, r.full(path), "statat"); err != nil {
		return nil, err
	}
	return r.under.Stat(path)
}

func (r gatedRoot) Lstat(path string) (fs.FileInfo, error) {
	if err := r.ask.fails(OpLook, r.full(path), "lstatat"); err != nil {
		return nil, err
	}
	return r.under.Lstat(path)
}

func (r gatedRoot) Close() error { return r.under.Close() }
