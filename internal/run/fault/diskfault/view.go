package diskfault

import (
	"io/fs"
	"os"

	"oakmoot/internal/run/disk"
)

// view is a Disk for one incarnation of a node.
type view struct {
	disk  *Disk
	ended <-chan struct{}
}

var (
	_ disk.Disk       = view{}
	_ disk.Root       = root{}
	_ disk.File       = (*file)(nil)
	_ disk.Datasyncer = (*file)(nil)
)

// before has the faults do what they do to an operation. It returns how many of its
// bytes are written, and the error that comes instead of the rest.
func (v view) before(op Op, path string, bytes int) (int, error) {
	all := v.disk.armed.Load()
	if all == nil {
		return bytes, nil
	}
	o := operation{op: op, path: path, bytes: bytes, ended: v.ended}
	for _, a := range *all {
		if a.meet(&o); o.err != nil {
			break
		}
	}
	return o.bytes, o.err
}

// fails is before for an operation that writes nothing to a file. Its error is that of
// package os.
func (v view) fails(op Op, path, call string) error {
	if _, err := v.before(op, path, 0); err != nil {
		return &fs.PathError{Op: call, Path: path, Err: err}
	}
	return nil
}

func (v view) OpenFile(path string, flag int, perm fs.FileMode) (disk.File, error) {
	return open(v, v.disk.under, path, path, flag, perm)
}

func (v view) MkdirAll(path string, perm fs.FileMode) error {
	if err := v.fails(OpMkdir, path, "mkdir"); err != nil {
		return err
	}
	return v.disk.under.MkdirAll(path, perm)
}

func (v view) Rename(from, to string) error {
	return rename(v, v.disk.under, from, from, to)
}

func (v view) Remove(path string) error {
	if err := v.fails(OpRemove, path, "remove"); err != nil {
		return err
	}
	return v.disk.under.Remove(path)
}

func (v view) RemoveAll(path string) error {
	if err := v.fails(OpRemove, path, "unlinkat"); err != nil {
		return err
	}
	return v.disk.under.RemoveAll(path)
}

func (v view) ReadDir(path string) ([]fs.DirEntry, error) {
	if err := v.fails(OpLook, path, "open"); err != nil {
		return nil, err
	}
	return v.disk.under.ReadDir(path)
}

func (v view) Stat(path string) (fs.FileInfo, error) {
	if err := v.fails(OpLook, path, "stat"); err != nil {
		return nil, err
	}
	return v.disk.under.Stat(path)
}

func (v view) Lstat(path string) (fs.FileInfo, error) {
	if err := v.fails(OpLook, path, "lstat"); err != nil {
		return nil, err
	}
	return v.disk.under.Lstat(path)
}

func (v view) OpenRoot(dir string) (disk.Root, error) {
	r, err := v.disk.under.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return root{v, r, dir}, nil
}

// open opens what d calls path and the rules call full.
func open(v view, d disk.Files, path, full string, flag int, perm fs.FileMode) (disk.File, error) {
	op := OpOpen
	if flag&(os.O_WRONLY|os.O_RDWR|os.O_CREATE|os.O_TRUNC|os.O_APPEND) != 0 {
		op = OpCreate
	}
	if err := v.fails(op, full, "open"); err != nil {
		return nil, err
	}
	f, err := d.OpenFile(path, flag, perm)
	if err != nil {
		return nil, err
	}
	return &file{f, v, full}, nil
}

func rename(v view, d disk.Files, full, from, to string) error {
	if _, err := v.before(OpRename, full, 0); err != nil {
		return &os.LinkError{Op: "rename", Old: from, New: to, Err: err}
	}
	return d.Rename(from, to)
}
