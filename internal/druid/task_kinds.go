package druid

import (
	"encoding/json"
	"fmt"
)

// NoopTask sleeps for RunTime milliseconds.
type NoopTask struct {
	RunTime       int64  // milliseconds
	IsReadyTime   int64  // milliseconds
	IsReadyResult string // YES, NO or EXCEPTION
	Firehose      json.RawMessage
}

// IndexTask reads rows and publishes segments.
type IndexTask struct{ Spec IndexSpec }

// RealtimeTask reads a stream, serves its rows and hands them off: RealtimeIndexTask.
type RealtimeTask struct{ Spec RealtimeSpec }

// KillTask deletes unused segments of an interval for good.
type KillTask struct{ Interval Interval }

// ArchiveTask moves unused segments of an interval to the archive.
type ArchiveTask struct{ Interval Interval }

// RestoreTask brings archived segments back.
type RestoreTask struct{ Interval Interval }

// MoveTask moves unused segments of an interval to another place.
type MoveTask struct {
	Interval Interval
	Target   json.RawMessage
}

// Noop takes the task as what its type says.
func (t Task) Noop() (task NoopTask, err error) {
	err = decodeKind(t, task.members())
	return task, err
}

// Index takes the task as what its type says.
func (t Task) Index() (task IndexTask, err error) {
	err = decodeKind(t, []member{{key: "spec", value: &task.Spec}})
	return task, err
}

// Realtime takes the task as what its type says.
func (t Task) Realtime() (task RealtimeTask, err error) {
	err = decodeKind(t, []member{{key: "spec", value: &task.Spec}})
	return task, err
}

// Kill takes the task as what its type says.
func (t Task) Kill() (task KillTask, err error) {
	err = decodeInterval(t, &task.Interval)
	return task, err
}

// Archive takes the task as what its type says.
func (t Task) Archive() (task ArchiveTask, err error) {
	err = decodeInterval(t, &task.Interval)
	return task, err
}

// Restore takes the task as what its type says.
func (t Task) Restore() (task RestoreTask, err error) {
	err = decodeInterval(t, &task.Interval)
	return task, err
}

// Move takes the task as what its type says.
func (t Task) Move() (task MoveTask, err error) {
	err = decodeKind(t, []member{{key: "interval", value: &task.Interval}, {key: "target", value: (*rawOrNull)(&task.Target)}})
	return task, err
}

func decodeInterval(t Task, i *Interval) error {
	return decodeKind(t, []member{{key: "interval", value: i}})
}

func decodeKind(t Task, members []member) error {
	var ignored fields
	if err := decodeObject(t.JSON, members, &ignored); err != nil {
		return fmt.Errorf("task %s: %w", t.ID, err)
	}
	return nil
}

func (n *NoopTask) members() []member {
	return []member{
		{key: "runTime", value: &n.RunTime},
		{key: "isReadyTime", value: &n.IsReadyTime},
		{key: "isReadyResult", value: &n.IsReadyResult},
		{key: "firehose", value: (*rawOrNull)(&n.Firehose)},
	}
}
