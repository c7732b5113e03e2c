package diskfault

import (
	"slices"
	"sync"

	"oakmoot/internal/run/disk"
	"oakmoot/internal/run/fault/quota"
)

// Effect is what a fault does to operations.
type Effect interface {
	// check finds what is wrong with the effect's settings.
	check() error
	// about reports whether it does anything to operations of a kind.
	about(disk.Op) bool
	// begin makes what strikes operations of these kinds.
	begin(*Armed) strike
}

// strike does something to an operation before it is carried out, if it can and the
// fault picks it, and reports whether it did.
type strike func(o *operation) (touched bool)

// operation is one that is about to be carried out.
type operation struct {
	op    disk.Op
	path  string
	bytes int             // to be written; a strike may leave fewer
	left  <-chan struct{} // closed once the process has ended and said its goodbyes
	err   error           // instead of carrying it out
}

// Armed is a fault that was armed on a disk.
type Armed struct {
	disk   *Disk
	effect Effect
	rule   Rule
	strike strike
	dice   *dice
	quota  *quota.Quota // of the operations that the fault could touch
	once   sync.Once
	over   chan struct{} // closed when it is taken away

	mu     sync.Mutex // guards the fields below
	seen   int        // operations that the fault could touch
	picked int        // of them
	counts Counts
}

// Counts is what a fault has touched.
type Counts struct {
	Operations int
	Last       []string // the latest of them, such as "write /data/zookeeper/log.0000000000000001"
}

// lastNames is how many names Counts.Last keeps.
const lastNames = 5

// Touched is what the fault has touched so far.
func (a *Armed) Touched() Counts {
	a.mu.Lock()
	defer a.mu.Unlock()
	c := a.counts
	c.Last = slices.Clone(c.Last)
	return c
}

// Undo ends the fault: what is under way goes on at once. It may be called twice.
func (a *Armed) Undo() {
	a.once.Do(func() {
		a.disk.disarm(a)
		close(a.over)
	})
}

// meet has the fault do what it does to an operation, if it is one that it touches.
func (a *Armed) meet(o *operation) {
	if !a.effect.about(o.op) || !a.rule.means(o.path) || !a.strike(o) {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.counts.Operations++
	a.counts.Last = append(a.counts.Last, string(o.op)+" "+o.path)
	if n := len(a.counts.Last) - lastNames; n > 0 {
		a.counts.Last = slices.Delete(a.counts.Last, 0, n)
	}
}

// pick counts an operation that the fault could touch, and reports whether it is touched.
func (a *Armed) pick() bool {
	return a.quota.Pick(quota.Choice{Skip: a.rule.Skip, Times: a.rule.Times, Share: a.rule.Share}, a.dice.chance)
}
