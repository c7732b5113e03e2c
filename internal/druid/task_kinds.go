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

// KillTask deletes the unused segments of an interval for good.
type KillTask struct{ Interval Interval }

// ArchiveTask moves the unused segments of an interval to the archive.
type ArchiveTask struct{ Interval Interval }

// RestoreTask brings archived segments back.
type RestoreTask struct{ Interval Interval }

// MoveTask moves the unused segments of an interval to another place.
type MoveTask struct {
	Interval Interval
	Target   json.RawMessage
}

// Noop decodes a noop task.
func (t Task) Noop() (task NoopTask, err error) {
	err = decodeKind(t, task.members())
	return task, err
}

// Index decodes an index task.
func (t Task) Index() (task IndexTask, err error) {
	err = decodeKind(t, []member{{key: "spec", value: &task.Spec}})
	return task, err
}

// Realtime decodes an index_realtime task.
func (t Task) Realtime() (task RealtimeTask, err error) {
	err = decodeKind(t, []member{{key: "spec", value: &task.Spec}})
	return task, err
}

// Kill decodes a kill task.
func (t Task) Kill() (task KillTask, err error) {
	err = decodeInterval(t, &task.Interval)
	return task, err
}

// Archive decodes an archive task.
func (t Task) Archive() (task ArchiveTask, err error) {
	err = decodeInterval(t, &task.Interval)
	return task, err
}

// Restore decodes a restore task.
func (t Task) Restore() (task RestoreTask, err error) {
	err = decodeInterval(t, &task.Interval)
	return task, err
}

// Move decodes a move task.
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
