package taskaction

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"oakmoot/internal/druid"
	"oakmoot/internal/roles/overlord/lockbox"
	"oakmoot/internal/run/metadata"
)

// Toolbox carries out what tasks ask for: LocalTaskActionClient with its
// TaskActionToolbox. It knows neither the queue nor the workers.
type Toolbox struct {
	Store   *metadata.Store
	Locks   *lockbox.Locks
	Active  func(id string) (druid.Task, bool) // an active task as the queue has it
	Audited bool                               // log them in the store
}

// Submit carries out an action of a task, and logs it first if that is wanted. raw is the
// action as it was posted.
func (tb *Toolbox) Submit(ctx context.Context, task druid.Task, a Action, raw json.RawMessage) (any, error) {
	if active, ok := tb.Active(task.ID); ok {
		task = active
	}
	k, _ := kindOf(a.Type)
	if k.audited && tb.Audited {
		if err := tb.Store.AddTaskLog(ctx, task.ID, raw); err != nil {
			return nil, err
		}
	}
	return k.perform(tb, ctx, task, a)
}

// withoutSupervisor is the answer when there is no supervisor to turn to.
func withoutSupervisor(*Toolbox, context.Context, druid.Task, Action) (any, error) { return false, nil }

func resetWithoutSupervisor(_ *Toolbox, _ context.Context, _ druid.Task, a Action) (any, error) {
	if a.DataSource == "" {
		return nil, errors.New("id") // of the supervisor
	}
	return false, nil
}

func nothing(*Toolbox, context.Context, druid.Task, Action) (any, error) { return nil, nil }

// lockFor tries to lock. A lock that is refused is null, and so is one that is lost.
func (tb *Toolbox) lockFor(ctx context.Context, task druid.Task, a Action) (any, error) {
	if a.LockType == "" {
		a.LockType = druid.LockExclusive
	}
	lock, err := tb.Locks.Try(ctx, task, a.LockType, *a.Interval)
	if lock == nil && err == nil {
		return nil, ErrNotYet
	}
	if errors.Is(err, lockbox.ErrPreempted) {
		return nil, nil
	}
	return lock, err
}

// ErrNotYet is a lock that others hold: a lockAcquire waits, any other is answered
// null.
var ErrNotYet = errors.New("others hold the lock")

func (tb *Toolbox) listLocks(_ context.Context, task druid.Task, _ Action) (any, error) {
	return append([]druid.TaskLock{}, tb.Locks.Held(task.ID)...), nil
}

func (tb *Toolbox) releaseLock(ctx context.Context, task druid.Task, a Action) (any, error) {
	if a.Interval != nil {
		tb.Locks.Unlock(ctx, task.ID, *a.Interval)
	}
	return nil, nil
}

func (tb *Toolbox) listUsed(ctx context.Context, _ druid.Task, a Action) (any, error) {
	if a.Interval != nil {
		a.Intervals = []druid.Interval{*a.Interval}
	}
	return orEmpty(tb.Store.UsedIn(ctx, a.DataSource, a.Intervals))
}

func (tb *Toolbox) listUnused(ctx context.Context, _ druid.Task, a Action) (any, error) {
	return orEmpty(tb.Store.UnusedIn(ctx, a.DataSource, *a.Interval))
}

// orEmpty makes a list of nothing [] instead of null.
func orEmpty(segments []druid.DataSegment, err error) (any, error) {
	if segments == nil {
		segments = []druid.DataSegment{}
	}
	return segments, err
}

// actForAnother carries out an action in the name of another task, as the sub tasks
// of a parallel index task do: SurrogateAction.
func (tb *Toolbox) actForAnother(ctx context.Context, _ druid.Task, a Action) (any, error) {
	other, active := tb.Active(a.TaskID)
	if !active {
		info, err := tb.Store.Task(ctx, a.TaskID)
		if errors.Is(err, metadata.ErrNotFound) {
			return nil, fmt.Errorf("Can't find surrogate task[%s]", a.TaskID)
		}
		if err != nil {
			return nil, err
		}
		other = info.Task
	}
	k, _ := kindOf(a.TaskAction.Type)
	return k.perform(tb, ctx, other, *a.TaskAction)
}
