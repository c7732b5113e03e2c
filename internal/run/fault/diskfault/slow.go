package diskfault

import (
	"fmt"
	"slices"
	"time"

	"oakmoot/internal/run/disk"
)

// Slow makes operations late. Each waits for itself: two at a time are not later than
// one.
type Slow struct {
	By     time.Duration
	Jitter time.Duration // at most as much more
	Ops    []disk.Op     // none means all
}

func (e Slow) check() error {
	if e.By < 0 || e.Jitter < 0 || e.By+e.Jitter == 0 {
		return fmt.Errorf("disk fault: slow by %v and %v more: want more than 0", e.By, e.Jitter)
	}
	for _, op := range e.Ops {
		if !slices.Contains(disk.Ops(), op) {
			return fmt.Errorf("disk fault: unknown operation %q: want one of %v", op, disk.Ops())
		}
	}
	return nil
}

func (e Slow) about(op disk.Op) bool { return len(e.Ops) == 0 || slices.Contains(e.Ops, op) }

func (e Slow) begin(a *Armed) strike {
	return func(o *operation) bool {
		if !a.pick() {
			return false
		}
		timer := time.NewTimer(e.By + time.Duration(a.dice.below(int64(e.Jitter)+1)))
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-a.over:
		case <-o.left:
		}
		return true
	}
}
