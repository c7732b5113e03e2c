package diskfault

import (
	"fmt"
	"sync"
	"syscall"

	"oakmoot/internal/run/disk"
)

// Full has no room: what does not fit is not written, and fails with ENOSPC. The first
// write that does not fit leaves its beginning in the file. Once nothing fits, no
// directory can be made either; a file can, for it begins empty.
type Full struct {
	Room int64 // bytes that still fit; with 0 it is left to chance how many of the first write do
}

func (e Full) check() error {
	if e.Room < 0 {
		return fmt.Errorf("disk fault: room for %d bytes: want 0 or more", e.Room)
	}
	return nil
}

func (e Full) about(op disk.Op) bool { return op == disk.OpWrite || op == disk.OpMkdir }

func (e Full) begin(a *Armed) strike {
	r := &room{left: e.Room, chance: e.Room == 0}
	return func(o *operation) bool {
		fit, all := r.take(o, a.dice)
		if all || needless(a.disk.under, o) || !a.pick() {
			return false
		}
		o.bytes, o.err = fit, syscall.ENOSPC
		return true
	}
}

// room is what is left of a disk.
type room struct {
	mu     sync.Mutex // guards the fields below
	left   int64
	chance bool // the first write is still to come, and gets what chance gives it
}

// take takes the room for an operation: how many of its bytes fit, and whether all that
// it needs does.
func (r *room) take(o *operation, d *dice) (fit int, all bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if o.op == disk.OpMkdir {
		return 0, r.left > 0
	}
	if r.chance {
		r.left, r.chance = d.below(int64(o.bytes)), false
	}
	fit = int(min(r.left, int64(o.bytes)))
	r.left -= int64(fit)
	return fit, fit == o.bytes
}
