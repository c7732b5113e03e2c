package cluster

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"oakmoot/internal/rows/peon"
	"oakmoot/internal/stage/scenario"
)

// taskFaults are those that meet a middle manager's tasks as they begin. The tasks know
// nothing of them: they stand in front of the kinds of tasks that the node is given.
type taskFaults struct {
	mu    sync.Mutex // guards the fields below
	rng   *rand.Rand
	armed []*armedTasks
}

type armedTasks struct {
	scenario.TaskFault
	over chan struct{} // closed when it is taken away
}

func newTaskFaults(rng *rand.Rand) *taskFaults { return &taskFaults{rng: rng} }

func (f *taskFaults) arm(fault scenario.TaskFault) (undo func()) {
	a := &armedTasks{fault, make(chan struct{})}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.armed = append(f.armed, a)
	return sync.OnceFunc(func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.armed = slices.DeleteFunc(f.armed, func(o *armedTasks) bool { return o == a })
		close(a.over)
	})
}

// errTaskFault is the exception of a task that a fault makes fail.
var errTaskFault = errors.New("a fault makes this task fail")

// begin has the faults do what they do to a task that begins.
func (f *taskFaults) begin(ctx context.Context) error {
	for _, m := range f.meet() {
		if m.of.Fail {
			return errTaskFault
		}
		if err := m.wait(ctx); err != nil {
			return err
		}
	}
	return nil
}

// met is a fault that meets a task, and for how long.
type met struct {
	of *armedTasks
	by time.Duration
}

// meet are the faults that meet a task.
func (f *taskFaults) meet() (all []met) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, a := range f.armed {
		if a.Quota.Pick(a.Choice, f.rng.Float64) {
			by := a.By
			if a.Jitter > 0 {
				by += time.Duration(f.rng.Int64N(int64(a.Jitter)))
			}
			all = append(all, met{a, by})
		}
	}
	return all
}

// wait waits as long as the fault makes the task late, or until it is over.
func (m met) wait(ctx context.Context) error {
	timer := time.NewTimer(m.by)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-m.of.over:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// before puts the faults in front of kinds of tasks.
func (f *taskFaults) before(kinds []peon.Kind) []peon.Kind {
	met := make([]peon.Kind, len(kinds))
	for i, k := range kinds {
		run := k.Run
		k.Run = func(ctx context.Context, p *peon.Peon) error {
			if err := f.begin(ctx); err != nil {
				return err
			}
			return run(ctx, p)
		}
		met[i] = k
	}
	return met
}
