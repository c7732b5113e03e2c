// Package diskfault is a disk that can be full, slow, unwritable or damaged. It stands
// between a node and its disk as package fault's link stands between a node and the
// network, and nothing in the node knows of it.
//
// A fault is an [Effect], in a file of its own, and a [Rule] that says which operations
// it touches. It begins with [Disk.Arm] and ends with [Armed.Undo]; what it has done to
// files stays.
package diskfault

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"oakmoot/internal/run/disk"
	"oakmoot/internal/run/fault/quota"
	"oakmoot/internal/run/loop"
)

// Disk is a disk and the faults that are armed on it. Its methods may be called from any
// goroutine.
type Disk struct {
	under disk.Disk
	armed atomic.Pointer[[]*Armed] // nil without a fault, which is all that an operation then looks at

	mu  sync.Mutex // guards rng, and changes of armed
	rng *rand.Rand
}

// New makes a disk over another, without a fault; what is left to chance comes from rng.
func New(under disk.Disk, rng *rand.Rand) *Disk { return &Disk{under: under, rng: rng} }

// Until is the disk as one incarnation of a node sees it. Once ctx has ended and its
// goodbyes are over nothing is slow any more, so that the end of a process waits for no
// fault. It is slow as long as they last: work that a process gives up when it leaves
// must not be finished in haste by the order to leave.
func (d *Disk) Until(ctx context.Context) disk.Disk { return disk.Gated(d.under, d.Gate(ctx)) }

// Gate is what Until puts before the disk. It has the faults do what they do to an
// operation.
func (d *Disk) Gate(ctx context.Context) disk.Gate {
	left := make(chan struct{})
	context.AfterFunc(ctx, func() { time.AfterFunc(loop.Goodbyes, func() { close(left) }) })
	return func(op disk.Op, path string, bytes int) (pass int, err error) {
		all := d.armed.Load()
		if all == nil {
			return bytes, nil
		}
		o := operation{op: op, path: path, bytes: bytes, left: left}
		for _, a := range *all {
			if a.meet(&o); o.err != nil {
				break
			}
		}
		return o.bytes, o.err
	}
}

// Arm begins a fault, behind those that are there. It refuses a rule or an effect that
// makes no sense.
func (d *Disk) Arm(e Effect, r Rule) (*Armed, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	if err := e.check(); err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	dice := &dice{rng: rand.New(rand.NewPCG(d.rng.Uint64(), d.rng.Uint64()))}
	a := &Armed{disk: d, effect: e, rule: r, dice: dice, quota: r.Quota, over: make(chan struct{})}
	if a.quota == nil {
		a.quota = quota.New()
	}
	a.strike = e.begin(a)
	all := append(slices.Clone(d.faults()), a)
	d.armed.Store(&all)
	return a, nil
}

// Ailing reports whether a fault is armed.
func (d *Disk) Ailing() bool { return d.armed.Load() != nil }

// faults are those that are armed, in order.
func (d *Disk) faults() []*Armed {
	if all := d.armed.Load(); all != nil {
		return *all
	}
	return nil
}

func (d *Disk) disarm(a *Armed) {
	d.mu.Lock()
	defer d.mu.Unlock()
	rest := slices.DeleteFunc(slices.Clone(d.faults()), func(o *Armed) bool { return o == a })
	if len(rest) == 0 {
		d.armed.Store(nil)
		return
	}
	d.armed.Store(&rest)
}

// dice is a source of chance for several goroutines.
type dice struct {
	mu  sync.Mutex // guards rng
	rng *rand.Rand
}

// below is a number from 0 to n-1, or 0 when there is none.
func (d *dice) below(n int64) int64 {
	if n <= 0 {
		return 0
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.rng.Int64N(n)
}

// chance is a number from 0 up to 1.
func (d *dice) chance() float64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.rng.Float64()
}
