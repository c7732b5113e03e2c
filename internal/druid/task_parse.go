package druid

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// TaskError is why a task was refused, in Jackson's words where it is Jackson that
// refuses: what the overlord answers with its 400.
type TaskError struct{ Message string }

func (e *TaskError) Error() string { return e.Message }

// NoopTask sleeps for RunTime milliseconds.
type NoopTask struct {
	RunTime       int64  // milliseconds
	IsReadyTime   int64  // milliseconds
	IsReadyResult string // YES, NO or EXCEPTION
	Firehose      json.RawMessage
}

// IndexTask reads rows and publishes segments.
type IndexTask struct{ Spec IndexSpec }

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
	err = decodeKind(t, task.members(&task))
	return task, err
}

// Index takes the task as what its type says.
func (t Task) Index() (task IndexTask, err error) {
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
	err = decodeKind(t, []member{{key: "interval", value: &task.Interval}, {key: "targetLoadSpec", value: &task.Target}})
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

func (NoopTask) members(n *NoopTask) []member {
	return []member{
		{key: "runTime", value: &n.RunTime},
		{key: "isReadyTime", value: &n.IsReadyTime},
		{key: "isReadyResult", value: &n.IsReadyResult},
		{key: "firehose", value: (*rawOrNull)(&n.Firehose)},
	}
}

// TaskTypes are the types that Druid 0.14 registers: Task and its extensions in core.
var TaskTypes = []string{
	"append", "merge", "kill", "move", "archive", "restore", "index", "index_parallel", "index_sub", "index_hadoop",
	"index_realtime", "index_realtime_appenderator", "noop", "same_interval_merge", "compact",
}

// draft is a task being read: what all kinds have in common, and the members.
type draft struct {
	Task
	now      Timestamp
	all      fields
	resource *TaskResource
}

// ParseTask reads a task of any kind as Jackson does: what is missing gets its
// default, an id is made from the time, and Task.JSON is the task as Java would
// write it again. Of kinds that this program does not run, the members stay as they
// were given. The error is a *TaskError.
func ParseTask(b []byte, now Timestamp) (Task, error) {
	t, err := parseTask(b, now)
	var refused *TaskError
	if err != nil && !errors.As(err, &refused) {
		err = &TaskError{err.Error()}
	}
	return t, err
}

func parseTask(b []byte, now Timestamp) (Task, error) {
	all, err := readFields(b)
	if err != nil {
		return Task{}, err
	}
	d := &draft{now: now, all: all}
	if err := d.common(); err != nil {
		return Task{}, err
	}
	kind, ok := draftKinds[d.Type]
	if !ok {
		kind = (*draft).foreign
	}
	members, err := kind(d)
	if err != nil {
		return Task{}, err
	}
	d.finish()
	d.JSON, err = encodeObject(members(), nil)
	return d.Task, err
}

// common reads what all tasks have.
func (d *draft) common() error {
	err := decodeFields(d.all, []member{
		{key: "type", value: &d.Type}, {key: "id", value: &d.ID}, {key: "groupId", value: &d.GroupID},
		{key: "dataSource", value: (*nullable)(&d.DataSource)}, {key: "resource", value: &d.resource}, {key: "context", value: &d.Context},
	})
	if err != nil {
		return err
	}
	if d.Type == "" {
		return &TaskError{"Unexpected token (END_OBJECT), expected FIELD_NAME: missing property 'type' that is to contain type id  (for class org.apache.druid.indexing.common.task.Task)"}
	}
	for _, known := range TaskTypes {
		if known == d.Type {
			return nil
		}
	}
	return &TaskError{fmt.Sprintf("Could not resolve type id '%s' into a subtype of [simple type, class org.apache.druid.indexing.common.task.Task]", d.Type)}
}

func decodeFields(all fields, members []member) error {
	for _, f := range all {
		if m := find(members, f.key); m != nil {
			if err := json.Unmarshal(f.value, m.value); err != nil {
				return fmt.Errorf("%s: %w", f.key, err)
			}
		}
	}
	return nil
}

// finish fills in what follows from the id.
func (d *draft) finish() {
	if d.GroupID == "" {
		d.GroupID = d.ID
	}
	if d.Context == nil {
		d.Context = map[string]json.RawMessage{}
	}
	d.Resource = TaskResource{AvailabilityGroup: d.ID, RequiredCapacity: 1}
	if d.resource != nil {
		d.Resource = *d.resource
	}
}

// name makes an id of the type, the parts and the time, unless one is given.
func (d *draft) name(parts ...string) {
	if d.ID == "" {
		d.ID = strings.Join(append(append([]string{d.Type}, parts...), d.now.String()), "_")
	}
}

// draftKinds read the kinds that this program runs. Each returns the members as
// Jackson writes them, once the common ones are complete.
var draftKinds = map[string]func(*draft) (func() []member, error){
	"noop":    (*draft).noop,
	"index":   (*draft).index,
	"kill":    (*draft).overInterval,
	"archive": (*draft).overInterval,
	"restore": (*draft).overInterval,
	"move":    (*draft).overInterval,
}

func (d *draft) noop() (func() []member, error) {
	n := NoopTask{RunTime: 2500, IsReadyResult: "YES"}
	if err := decodeFields(d.all, n.members(&n)); err != nil {
		return nil, err
	}
	if d.ID == "" {
		d.ID = "noop_" + d.now.String() + "_" + uuid()
	}
	if d.DataSource == "" {
		d.DataSource = "none"
	}
	return func() []member {
		members := []member{{key: "type", value: &d.Type}, {key: "id", value: &d.ID}, {key: "dataSource", value: &d.DataSource}}
		members = append(members, n.members(&n)...)
		return append(members, d.tail()...)
	}, nil
}

// tail is how most kinds end.
func (d *draft) tail() []member {
	return []member{{key: "context", value: &d.Context}, {key: "groupId", value: &d.GroupID}, {key: "resource", value: &d.Resource}}
}

func (d *draft) index() (func() []member, error) {
	var spec *IndexSpec
	if err := decodeFields(d.all, []member{{key: "spec", value: &spec}}); err != nil {
		return nil, err
	}
	if spec == nil {
		return nil, &TaskError{"Instantiation of [simple type, class org.apache.druid.indexing.common.task.IndexTask] value failed: null (through reference chain: spec)"}
	}
	if spec.IOConfig.Firehose.Type == "" {
		return nil, &TaskError{"Instantiation of [simple type, class org.apache.druid.indexing.common.task.IndexTask] value failed: no firehose in ioConfig"}
	}
	d.DataSource = spec.DataSchema.DataSource
	d.name(d.DataSource)
	if spec.IOConfig.AppendToExisting {
		d.GroupID = "index_append_" + d.DataSource
	}
	return func() []member {
		return []member{
			{key: "type", value: &d.Type}, {key: "id", value: &d.ID}, {key: "resource", value: &d.Resource}, {key: "spec", value: spec},
			{key: "context", value: &d.Context}, {key: "groupId", value: &d.GroupID}, {key: "dataSource", value: &d.DataSource},
		}
	}, nil
}

func (d *draft) overInterval() (func() []member, error) {
	var interval *Interval
	var target json.RawMessage
	if err := decodeFields(d.all, []member{{key: "interval", value: &interval}, {key: "targetLoadSpec", value: &target}}); err != nil {
		return nil, err
	}
	if interval == nil || d.DataSource == "" {
		return nil, &TaskError{fmt.Sprintf("Instantiation of a %s task failed: dataSource and interval are required", d.Type)}
	}
	d.name(d.DataSource, interval.Start.String(), interval.End.String())
	return func() []member {
		return append([]member{
			{key: "type", value: &d.Type}, {key: "id", value: &d.ID}, {key: "dataSource", value: &d.DataSource}, {key: "interval", value: interval},
			{key: "targetLoadSpec", value: rawOrNull(target), omit: d.Type != "move"},
		}, d.tail()...)
	}, nil
}

// foreign keeps a kind that is not run here as it was given, completed by what all
// kinds have.
func (d *draft) foreign() (func() []member, error) {
	if d.DataSource == "" {
		d.DataSource = dataSourceOf(d.all)
	}
	d.name(d.DataSource)
	return func() []member {
		var members []member
		have := map[string]bool{}
		for _, f := range d.all {
			have[f.key] = true
			members = append(members, member{key: f.key, value: f.value})
		}
		for _, m := range append([]member{{key: "id", value: &d.ID}, {key: "dataSource", value: &d.DataSource}}, d.tail()...) {
			if !have[m.key] {
				members = append(members, m)
			}
		}
		return members
	}, nil
}

// dataSourceOf finds the datasource in a spec's schema.
func dataSourceOf(all fields) string {
	raw, _ := all.get("spec")
	var spec struct{ DataSchema struct{ DataSource string } }
	_ = json.Unmarshal(raw, &spec) // a task without such a spec has no datasource
	return spec.DataSchema.DataSource
}

// uuid is a random UUID of version 4.
func uuid() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
