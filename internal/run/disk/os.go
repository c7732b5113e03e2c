package disk

import (
	"io/fs"
	"os"
	"path/filepath"
)

// OS is the operating system's disk.
type OS struct{}

var _ Disk = OS{}

// OpenFile is [os.OpenFile].
func (OS) OpenFile(path string, flag int, perm fs.FileMode) (File, error) {
	return opened(os.OpenFile(path, flag, perm))
}

// MkdirAll is [os.MkdirAll].
func (OS) MkdirAll(path string, perm fs.FileMode) error { return os.MkdirAll(path, perm) }

// Rename is [os.Rename].
func (OS) Rename(from, to string) error { return os.Rename(from, to) }

// Remove is [os.Remove].
func (OS) Remove(path string) error { return os.Remove(path) }

// RemoveAll is [os.RemoveAll].
func (OS) RemoveAll(path string) error { return os.RemoveAll(path) }

// ReadDir is [os.ReadDir].
func (OS) ReadDir(path string) ([]fs.DirEntry, error) { return os.ReadDir(path) }

// Stat is [os.Stat].
func (OS) Stat(path string) (fs.FileInfo, error) { return os.Stat(path) }

// Lstat is [os.Lstat].
func (OS) Lstat(path string) (fs.FileInfo, error) { return os.Lstat(path) }

// OpenRoot is [os.OpenRoot].
func (OS) OpenRoot(dir string) (Root, error) {
	r, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return osRoot{r}, nil
}

// osRoot is an [os.Root] as a Root. All but two of the methods are the same.
type osRoot struct{ *os.Root }

func (r osRoot) OpenFile(path string, flag int, perm fs.FileMode) (File, error) {
	return opened(r.Root.OpenFile(path, flag, perm))
}

func (r osRoot) ReadDir(path string) ([]fs.DirEntry, error) {
	return fs.ReadDir(r.FS(), filepath.ToSlash(path))
}

// opened keeps a nil *os.File from becoming a File that is not nil.
func opened(f *os.File, err error) (File, error) {
	if err != nil {
		return nil, err
	}
	return f, nil
}
