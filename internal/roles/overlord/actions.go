package overlord

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"oakmoot/internal/druid"
	"oakmoot/internal/roles/overlord/lockbox"
	"oakmoot/internal/run/metadata"
)

// actions carries out what tasks ask for: LocalTaskActionClient with its
// TaskActionToolbox. It knows neither the queue nor the workers.
type actions struct {
	store   *metadata.Store
	locks   *lockbox.Locks
	active  func(id string) (druid.Task, bool) // an active task as the queue has it
	audited bool                               // note them in the store
}

// submit carries out an action of a task, after it has been noted if that is wanted.
// raw is the action as it was posted.
func (as *actions) submit(ctx context.Context, task druid.Task, a action, raw json.RawMessage) (any, error) {
	if active, ok := as.active(task.ID); ok {
		task = active
	}
	k, _ := kindOf(a.Type)
	if k.audited && as.audited {
		if err := as.store.AddTaskLog(ctx, task.ID, raw); err != nil {
			return nil, err
		}
	}
	return k.perform(as, ctx, task, a)
}

// withoutSupervisor is the answer when there is no supervisor to turn to.
func withoutSupervisor(*actions, context.Context, druid.Task, action) (any, error) { return false, nil }

func resetWithoutSupervisor(_ *actions, _ context.Context, _ druid.Task, a action) (any, error) {
	if a.DataSource == "" {
		return nil, errors.New("id") // of the supervisor
	}
	return false, nil
}

func nothing(*actions, context.Context, druid.Task, action) (any, error) { return nil, nil }

// lockFor tries to lock. A lock that is refused is null, and so is one that is lost.
func (as *actions) lockFor(ctx context.Context, task druid.Task, a action) (any, error) {
	if a.LockType == "" {
		a.LockType = druid.LockExclusive
	}
	lock, err := as.locks.Try(ctx, task, a.LockType, *a.Interval)
	if lock == nil && err == nil {
		return nil, errNotYet
	}
	if errors.Is(err, lockbox.ErrPreempted) {
		return nil, nil
	}
	return lock, err
}

// errNotYet is a lock that others hold: a lockAcquire waits, any other is answered
// null.
var errNotYet = errors.New("others hold the lock")

func (as *actions) listLocks(_ context.Context, task druid.Task, _ action) (any, error) {
	return append([]druid.TaskLock{}, as.locks.Held(task.ID)...), nil
}

func (as *actions) releaseLock(ctx context.Context, task druid.Task, a action) (any, error) {
	if a.Interval != nil {
		as.locks.Unlock(ctx, task.ID, *a.Interval)
	}
	return nil, nil
}

func (as *actions) listUsed(ctx context.Context, _ druid.Task, a action) (any, error) {
	if a.Interval != nil {
		a.Intervals = []druid.Interval{*a.Interval}
	}
	return orEmpty(as.store.UsedIn(ctx, a.DataSource, a.Intervals))
}

func (as *actions) listUnused(ctx context.Context, _ druid.Task, a action) (any, error) {
	return orEmpty(as.store.UnusedIn(ctx, a.DataSource, *a.Interval))
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
func (as *actions) actForAnother(ctx context.Context, _ druid.Task, a action) (any, error) {
	other, active := as.active(a.TaskID)
	if !active {
		info, err := as.store.Task(ctx, a.TaskID)
		if errors.Is(err, metadata.ErrNotFound) {
			return nil, fmt.Errorf("Can't find surrogate task[%s]", a.TaskID)
		}
		if err != nil {
			return nil, err
		}
		other = info.Task
	}
	k, _ := kindOf(a.TaskAction.Type)
	return k.perform(as, ctx, other, *a.TaskAction)
}
