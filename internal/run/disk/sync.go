package disk

import (
	"errors"
	"os"
	"runtime"
)

// Datasyncer is a File that can make its content durable without its times.
type Datasyncer interface{ Datasync() error }

// Datasync makes a file's content durable and, where the system can, leaves out the
// times of its inode.
func Datasync(f File) error {
	switch f := f.(type) {
	case *os.File:
		return fdatasync(f)
	case Datasyncer:
		return f.Datasync()
	}
	return f.Sync()
}

// SyncDir makes the names in a directory durable. Windows has no such thing, and needs
// none.
func SyncDir(d Files, dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := Open(d, dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
