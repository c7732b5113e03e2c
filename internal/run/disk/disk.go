// Package disk is what a role does to files. A role is given a [Disk] as it is given a
// network, and does nothing to files but through it, so that a disk which is full, slow
// or damaged can stand in its place without the role knowing.
//
// [OS] is the plain one. Its errors, and those of every other, are the ones of package
// os: a *fs.PathError whose cause [errors.Is] finds.
package disk

import (
	"io"
	"io/fs"
)

// Files are operations on files by their paths, with the meaning that the functions of
// the same name have in package os.
type Files interface {
	OpenFile(path string, flag int, perm fs.FileMode) (File, error)
	MkdirAll(path string, perm fs.FileMode) error
	Rename(from, to string) error
	Remove(path string) error
	RemoveAll(path string) error
	ReadDir(path string) ([]fs.DirEntry, error)
	Stat(path string) (fs.FileInfo, error)
	Lstat(path string) (fs.FileInfo, error)
}

// Disk is a whole disk.
type Disk interface {
	Files
	// OpenRoot opens a directory that operations cannot leave, as [os.OpenRoot] does.
	OpenRoot(dir string) (Root, error)
}

// Root is one directory. Paths are relative to it, and links cannot lead out of it.
type Root interface {
	Files
	Close() error
}

// File is an open file; *[os.File] is one.
type File interface {
	io.Reader
	io.ReaderAt
	io.Writer
	io.WriterAt
	io.Seeker
	io.Closer
	Name() string
	Stat() (fs.FileInfo, error)
	Sync() error
	Truncate(size int64) error
}
