package taskaction

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"oakmoot/internal/druid"
)

// Action is a task action as a peon posts it: TaskAction of Druid and its subtypes. It is
// wide because it has the fields of all of them; which count depends on its type.
type Action struct {
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
	TaskAction              *Action             `json:"taskAction"`
}

// kind is how a type of action is checked and carried out.
type kind struct {
	needs   func(Action) error // nil is nothing
	perform func(*Toolbox, context.Context, druid.Task, Action) (any, error)
	audited bool // TaskAction.isAudited
}

// kindOf is the row of a type of action. updateStatus and updateLocation are sent by
// tasks of later versions of Druid, to a runner that does not care.
func kindOf(name string) (kind, bool) {
	k, known := map[string]kind{
		"lockAcquire":                  {needs: needsInterval, perform: (*Toolbox).lockFor},
		"lockTryAcquire":               {needs: needsInterval, perform: (*Toolbox).lockFor},
		"lockList":                     {perform: (*Toolbox).listLocks},
		"lockRelease":                  {perform: (*Toolbox).releaseLock},
		"segmentListUsed":              {needs: needsIntervals, perform: (*Toolbox).listUsed},
		"segmentListUnused":            {needs: needsInterval, perform: (*Toolbox).listUnused},
		"segmentInsertion":             {perform: (*Toolbox).insertSegments, audited: true},
		"segmentTransactionalInsert":   {perform: (*Toolbox).insertInTransaction, audited: true},
		"segmentNuke":                  {perform: (*Toolbox).nukeSegments, audited: true},
		"segmentMetadataUpdate":        {perform: (*Toolbox).updateSegments, audited: true},
		"segmentAllocate":              {needs: needsSequence, perform: (*Toolbox).allocateSegment},
		"surrogateAction":              {needs: needsSurrogate, perform: (*Toolbox).actForAnother},
		"resetDataSourceMetadata":      {perform: resetWithoutSupervisor, audited: true},
		"checkPointDataSourceMetadata": {perform: withoutSupervisor, audited: true},
		"updateStatus":                 {perform: nothing},
		"updateLocation":               {perform: nothing},
	}[name]
	return k, known
}

// Check refuses an action that Jackson could not have made.
func (a Action) Check() error {
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

func needsInterval(a Action) error {
	if a.Interval == nil {
		return errors.New("interval")
	}
	return nil
}

func needsIntervals(a Action) error {
	if a.Interval != nil && a.Intervals != nil {
		return errors.New("please specify intervals only")
	}
	if a.Interval == nil && len(a.Intervals) == 0 {
		return errors.New("no intervals found")
	}
	return nil
}

func needsSequence(a Action) error {
	switch {
	case a.DataSource == "":
		return errors.New("dataSource")
	case a.SequenceName == "":
		return errors.New("sequenceName")
	}
	return nil
}

func needsSurrogate(a Action) error {
	if a.TaskAction == nil {
		return errors.New("taskAction") // 0.14.0 goes on, to no end
	}
	return a.TaskAction.Check()
}
