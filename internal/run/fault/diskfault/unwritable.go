package diskfault

import (
	"errors"
	"io/fs"
	"syscall"

	"oakmoot/internal/run/disk"
)

// Unwritable lets nothing be made, renamed or removed, and no file be opened to be
// written: EACCES, as after a chmod. What is open is written on.
type Unwritable struct{}

func (Unwritable) check() error { return nil }

func (Unwritable) about(op disk.Op) bool {
	return op == disk.OpCreate || op == disk.OpMkdir || op == disk.OpRename || op == disk.OpRemove
}

func (Unwritable) begin(a *Armed) strike { return refuse(a, syscall.EACCES) }

// ReadOnly is Unwritable for open files too: EROFS, as of a file system that the system
// has remounted after an error.
type ReadOnly struct{}

func (ReadOnly) check() error { return nil }

func (ReadOnly) about(op disk.Op) bool {
	return Unwritable{}.about(op) || op == disk.OpWrite || op == disk.OpTruncate
}

func (ReadOnly) begin(a *Armed) strike { return refuse(a, syscall.EROFS) }

// Unreadable lets no file be opened to be read, and nothing be read from an open one:
// EIO, as of a disk that is dying.
type Unreadable struct{}

func (Unreadable) check() error { return nil }

func (Unreadable) about(op disk.Op) bool { return op == disk.OpOpen || op == disk.OpRead }

func (Unreadable) begin(a *Armed) strike { return refuse(a, syscall.EIO) }

// refuse fails the operations that are picked; nothing of them is done.
func refuse(a *Armed, with error) strike {
	return func(o *operation) bool {
		if needless(a.disk.under, o) || !a.pick() {
			return false
		}
		o.bytes, o.err = 0, with
		return true
	}
}

// needless reports whether an operation asks nothing of the disk, and ends as it does on
// a sound one: what it is for is missing, or what it makes is there.
func needless(d disk.Disk, o *operation) bool {
	info, err := d.Lstat(o.path)
	switch o.op {
	case disk.OpOpen, disk.OpRename, disk.OpRemove:
		return errors.Is(err, fs.ErrNotExist)
	case disk.OpMkdir:
		return err == nil && info.IsDir()
	}
	return false
}
