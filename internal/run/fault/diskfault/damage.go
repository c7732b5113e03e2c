package diskfault

import (
	"errors"
	"fmt"
	"os"

	"oakmoot/internal/run/disk"
)

// Corrupt damages a file when it is next opened to be read: some of its bytes are
// changed, on the disk, and stay so.
type Corrupt struct {
	Bytes int // that are changed, at most; 0 is 1
}

func (e Corrupt) check() error {
	if e.Bytes < 0 {
		return fmt.Errorf("disk fault: corrupt %d bytes: want 0 or more", e.Bytes)
	}
	return nil
}

func (Corrupt) about(op disk.Op) bool { return op == disk.OpOpen }

func (e Corrupt) begin(a *Armed) strike {
	return func(o *operation) bool {
		size, ok := plain(a.disk.under, o.path)
		if !ok || size == 0 || !a.pick() {
			return false
		}
		err := flip(a, o.path, size, max(e.Bytes, 1))
		if err != nil {
			o.err = fmt.Errorf("corrupt the file: %w", err)
		}
		return true
	}
}

// flip changes bytes of a file, at places that chance chooses. Each becomes another.
func flip(a *Armed, path string, size int64, n int) error {
	f, err := a.disk.under.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	changed := map[int64]bool{}
	for range n {
		at, by := a.dice.below(size), 1+a.dice.below(255)
		if changed[at] {
			continue
		}
		changed[at] = true
		one := make([]byte, 1)
		if _, err = f.ReadAt(one, at); err != nil {
			break
		}
		one[0] ^= byte(by)
		if _, err = f.WriteAt(one, at); err != nil {
			break
		}
	}
	return errors.Join(err, f.Close())
}

// Vanish removes a file when it is next looked at or opened to be read, as somebody would
// who cleans up in the wrong directory. Directories stay.
type Vanish struct{}

func (Vanish) check() error { return nil }

func (Vanish) about(op disk.Op) bool { return op == disk.OpOpen || op == disk.OpLook }

func (Vanish) begin(a *Armed) strike {
	return func(o *operation) bool {
		if _, ok := plain(a.disk.under, o.path); !ok || !a.pick() {
			return false
		}
		if err := a.disk.under.Remove(o.path); err != nil {
			o.err = fmt.Errorf("remove the file: %w", err)
		}
		return true
	}
}

// plain is the size of a file; not ok when it is none, or is gone.
func plain(d disk.Disk, path string) (size int64, ok bool) {
	info, err := d.Lstat(path)
	if err != nil || !info.Mode().IsRegular() {
		return 0, false
	}
	return info.Size(), true
}
