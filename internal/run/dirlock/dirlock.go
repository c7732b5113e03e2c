// Package dirlock keeps a second process, or a second server in this process, out of a data directory. The lock goes
// away with its process, however that ends.
package dirlock

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// ErrLocked is in the chain of Acquire's error if somebody else holds the lock.
var ErrLocked = errors.New("in use by another process")

// Name is the name of the lock file in a directory. The file is never removed.
const Name = "lock"

// Lock is a held lock.
type Lock struct{ file *os.File }

// Acquire locks the directory, which must exist, or fails at once.
func Acquire(dir string) (*Lock, error) {
	f, err := os.OpenFile(filepath.Join(dir, Name), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	if err := tryLock(f); err != nil {
		f.Close()
		return nil, err
	}
	return &Lock{f}, nil
}

// Release gives up the lock.
func (l *Lock) Release() { _ = l.file.Close() } // closing unlocks; nothing was written

// Held reports whether somebody holds the directory's lock. It writes nothing.
func Held(dir string) bool {
	f, err := os.OpenFile(filepath.Join(dir, Name), os.O_RDWR, 0)
	if err != nil {
		return false // nobody ever locked it, or we may not look
	}
	defer f.Close() // unlocks
	return errors.Is(tryLock(f), ErrLocked)
}
