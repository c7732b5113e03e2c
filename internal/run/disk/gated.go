package disk

import (
	"io/fs"
	"os"
)

// Gate stands before a disk: it is asked before each operation. It may wait, and it may
// fail the operation with an error. Of bytes that are to be written pass are, before the
// error comes.
type Gate func(op Op, path string, bytes int) (pass int, err error)

// Gated is a disk behind a gate. The gate is asked for the paths that its caller names,
// and in a Root for the whole ones.
func Gated(under Disk, gate Gate) Disk { return gated{under, gate} }

// gated is a Disk behind a gate.
type gated struct {
	under Disk
	ask   Gate
}

var (
	_ Disk       = gated{}
	_ Root       = gatedRoot{}
	_ File       = (*gatedFile)(nil)
	_ Datasyncer = (*gatedFile)(nil)
)

// fails asks about an operation that writes nothing to a file. Its error is that of
// package os.
func (g Gate) fails(op Op, path, call string) error {
	if _, err := g(op, path, 0); err != nil {
		return &fs.PathError{Op: call, Path: path, Err: err}
	}
	return nil
}

func (g gated) OpenFile(path string, flag int, perm fs.FileMode) (File, error) {
	return open(g.ask, g.under, path, path, flag, perm)
}

func (g gated) MkdirAll(path string, perm fs.FileMode) error {
	if err := g.ask.fails(OpMkdir, path, "mkdir"); err != nil {
		return err
	}
	return g.under.MkdirAll(path, perm)
}

func (g gated) Rename(from, to string) error {
	return rename(g.ask, g.under, from, from, to)
}

func (g gated) Remove(path string) error {
	if err := g.ask.fails(OpRemove, path, "remove"); err != nil {
		return err
	}
	return g.under.Remove(path)
}

func (g gated) RemoveAll(path string) error {
	if err := g.ask.fails(OpRemove, path, "unlinkat"); err != nil {
		return err
	}
	return g.under.RemoveAll(path)
}

func (g gated) ReadDir(path string) ([]fs.DirEntry, error) {
	if err := g.ask.fails(OpLook, path, "open"); err != nil {
		return nil, err
	}
	return g.under.ReadDir(path)
}

func (g gated) Stat(path string) (fs.FileInfo, error) {
	if err := g.ask.fails(OpLook, path, "stat"); err != nil {
		return nil, err
	}
	return g.under.Stat(path)
}

func (g gated) Lstat(path string) (fs.FileInfo, error) {
	if err := g.ask.fails(OpLook, path, "lstat"); err != nil {
		return nil, err
	}
	return g.under.Lstat(path)
}

func (g gated) OpenRoot(dir string) (Root, error) {
	r, err := g.under.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return gatedRoot{g.ask, r, dir}, nil
}

// open opens what d calls path and the gate is told of as full.
func open(g Gate, d Files, path, full string, flag int, perm fs.FileMode) (File, error) {
	op := OpOpen
	if flag&(os.O_WRONLY|os.O_RDWR|os.O_CREATE|os.O_TRUNC|os.O_APPEND) != 0 {
		op = OpCreate
	}
	if err := g.fails(op, full, "open"); err != nil {
		return nil, err
	}
	f, err := d.OpenFile(path, flag, perm)
	if err != nil {
		return nil, err
	}
	return &gatedFile{f, g, full}, nil
}

func rename(g Gate, d Files, full, from, to string) error {
	if _, err := g(OpRename, full, 0); err != nil {
		return &os.LinkError{Op: "rename", Old: from, New: to, Err: err}
	}
	return d.Rename(from, to)
}
