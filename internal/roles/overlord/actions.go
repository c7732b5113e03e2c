package overlord

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/metadata"
)

// action is a task action as a peon posts it; which fields count depends on its
// type: TaskAction of Druid and its subtypes.
type action struct {
	Type                    string              `json:"type"`
	LockType                string              `json:"lockType"`
	Interval                *druid.Interval     `json:"interval"`
	Intervals               []druid.Interval    `json:"intervals"`
	TimeoutMs               int64               `json:"timeoutMs"`
	DataSource              string              `json:"dataSource"`
	Segments                []druid.DataSegment `json:"segments"`
	StartMetadata           json.RawMessage     `json:"startMetadata"`
	EndMetadata             json.RawMessage     `json:"endMetadata"`
	Timestamp               druid.Timestamp     `json:"timestamp"`
	QueryGranularity        druid.Granularity   `json:"queryGranularity"`
	SegmentGranularity      druid.Granularity   `json:"preferredSegmentGranularity"`
	SequenceName            string              `json:"sequenceName"`
	PreviousSegmentID       string              `json:"previousSegmentId"`
	SkipSegmentLineageCheck bool                `json:"skipSegmentLineageCheck"`
	TaskID                  string              `json:"surrogateId"`
	TaskAction              *action             `json:"taskAction"`
}

// kind is how a type of action is carried out: on the loop, which is what Druid's
// one lock over the lockbox is for.
type kind struct {
	needs   func(action) error // nil is nothing
	perform func(*term, context.Context, *item, action) (any, error)
	audited bool // TaskAction.isAudited
}

// kindOf is the row of a type of action. updateStatus and updateLocation are sent by
// tasks of later versions of Druid, to a runner that does not care.
func kindOf(name string) (kind, bool) {
	k, known := map[string]kind{
		"lockAcquire":                  {needs: needsInterval, perform: (*term).lockFor},
		"lockTryAcquire":               {needs: needsInterval, perform: (*term).lockFor},
		"lockList":                     {perform: (*term).listLocks},
		"lockRelease":                  {perform: (*term).releaseLock},
		"segmentListUsed":              {needs: needsIntervals, perform: (*term).listUsed},
		"segmentListUnused":            {needs: needsInterval, perform: (*term).listUnused},
		"segmentInsertion":             {perform: (*term).insertSegments, audited: true},
		"segmentTransactionalInsert":   {perform: (*term).insertInTransaction, audited: true},
		"segmentNuke":                  {perform: (*term).nukeSegments, audited: true},
		"segmentMetadataUpdate":        {perform: (*term).updateSegments, audited: true},
		"segmentAllocate":              {needs: needsSequence, perform: (*term).allocateSegment},
		"surrogateAction":              {needs: needsSurrogate, perform: (*term).actForAnother},
		"resetDataSourceMetadata":      {perform: resetWithoutSupervisor, audited: true},
		"checkPointDataSourceMetadata": {perform: withoutSupervisor, audited: true},
		"updateStatus":                 {perform: nothing},
		"updateLocation":               {perform: nothing},
	}[name]
	return k, known
}

// check refuses an action that Jackson could not have made.
func (a action) check() error {
	k, known := kindOf(a.Type)
	switch {
	case a.Type == "":
		return errors.New("Unexpected token (END_OBJECT), expected FIELD_NAME: missing property 'type' that is to contain type id  (for class org.apache.druid.indexing.common.actions.TaskAction)")
	case !known:
		return fmt.Errorf("Could not resolve type id '%s' into a subtype of [simple type, class org.apache.druid.indexing.common.actions.TaskAction]", a.Type)
	case a.LockType != "" && a.LockType != druid.LockExclusive && a.LockType != druid.LockShared:
		return fmt.Errorf("Can not construct instance of org.apache.druid.indexing.common.TaskLockType from String value '%s': value not one of declared Enum instance names: [SHARED, EXCLUSIVE]", a.LockType)
	case k.needs == nil:
		return nil
	}
	return k.needs(a)
}

func needsInterval(a action) error {
	if a.Interval == nil {
		return errors.New("interval")
	}
	return nil
}

func needsIntervals(a action) error {
	if a.Interval != nil && a.Intervals != nil {
		return errors.New("please specify intervals only")
	}
	if a.Interval == nil && len(a.Intervals) == 0 {
		return errors.New("no intervals found")
	}
	return nil
}

func needsSequence(a action) error {
	switch {
	case a.DataSource == "":
		return errors.New("dataSource")
	case a.SequenceName == "":
		return errors.New("sequenceName")
	}
	return nil
}

func needsSurrogate(a action) error {
	if a.TaskAction == nil {
		return errors.New("taskAction") // 0.14.0 goes on, to no end
	}
	return a.TaskAction.check()
}

// withoutSupervisor is the answer when there is no supervisor to turn to.
func withoutSupervisor(*term, context.Context, *item, action) (any, error) { return false, nil }

func resetWithoutSupervisor(_ *term, _ context.Context, _ *item, a action) (any, error) {
	if a.DataSource == "" {
		return nil, errors.New("id") // of the supervisor
	}
	return false, nil
}

func nothing(*term, context.Context, *item, action) (any, error) { return nil, nil }

// lockFor tries to lock. A lock that is refused is null, and so is one that is lost.
func (t *term) lockFor(ctx context.Context, it *item, a action) (any, error) {
	if a.LockType == "" {
		a.LockType = druid.LockExclusive
	}
	lock, err := t.tryLock(ctx, it, a.LockType, *a.Interval)
	if lock == nil && err == nil {
		return nil, errNotYet
	}
	if errors.Is(err, errPreempted) {
		return nil, nil
	}
	return lock, err
}

// errNotYet is a lock that others hold: a lockAcquire waits, any other is answered
// null.
var errNotYet = errors.New("others hold the lock")

func (t *term) listLocks(_ context.Context, it *item, _ action) (any, error) {
	return append([]druid.TaskLock{}, t.locks.held(it.task.ID)...), nil
}

func (t *term) releaseLock(ctx context.Context, it *item, a action) (any, error) {
	if a.Interval != nil {
		t.unlock(ctx, it.task.ID, *a.Interval)
	}
	return nil, nil
}

func (t *term) listUsed(ctx context.Context, _ *item, a action) (any, error) {
	if a.Interval != nil {
		a.Intervals = []druid.Interval{*a.Interval}
	}
	return orEmpty(t.store.UsedIn(ctx, a.DataSource, a.Intervals))
}

func (t *term) listUnused(ctx context.Context, _ *item, a action) (any, error) {
	return orEmpty(t.store.UnusedIn(ctx, a.DataSource, *a.Interval))
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
func (t *term) actForAnother(ctx context.Context, _ *item, a action) (any, error) {
	other := t.tasks[a.TaskID]
	if other == nil {
		info, err := t.store.Task(ctx, a.TaskID)
		if errors.Is(err, metadata.ErrNotFound) {
			return nil, fmt.Errorf("Can't find surrogate task[%s]", a.TaskID)
		}
		if err != nil {
			return nil, err
		}
		other = &item{task: info.Task}
	}
	k, _ := kindOf(a.TaskAction.Type)
	return k.perform(t, ctx, other, *a.TaskAction)
}

// submit carries out an action of a task, after it has been noted if that is wanted:
// LocalTaskActionClient. raw is the action as it was posted.
func (t *term) submit(ctx context.Context, task druid.Task, a action, raw json.RawMessage) (any, error) {
	it := t.tasks[task.ID]
	if it == nil {
		it = &item{task: task, created: druid.At(time.Now())}
	}
	k, _ := kindOf(a.Type)
	if k.audited && t.set.auditLog {
		if err := t.store.AddTaskLog(ctx, task.ID, raw); err != nil {
			return nil, err
		}
	}
	return k.perform(t, ctx, it, a)
}
