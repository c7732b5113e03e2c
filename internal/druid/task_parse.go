package druid

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// TaskError is why a task was refused, in Jackson's words where Jackson would refuse
// it: the overlord's answer with status 400.
type TaskError struct{ Message string }

func (e *TaskError) Error() string { return e.Message }

// TaskTypes are the types that Druid 0.14 registers: Task and its extensions in core.
var TaskTypes = []string{
	"append", "merge", "kill", "move", "archive", "restore", "index", "index_parallel", "index_sub", "index_hadoop",
	"index_realtime", "index_realtime_appenderator", "noop", "same_interval_merge", "compact",
}

// draft is a task being read: what all kinds have in common, and its members.
type draft struct {
	Task
	now      Timestamp
	all      fields
	context  json.RawMessage // in the order in which they came
	resource *TaskResource
}

// Kinds whose constructors take a resource, and those that take a group. Others ignore
// them.
var (
	kindsWithResource = []string{"index", "index_parallel", "index_sub", "index_realtime", "index_realtime_appenderator", "compact"}
	kindsWithGroup    = []string{"index_sub"}
)

// ParseTask reads a task of any kind as Jackson does: defaults are filled in, an id is
// made from the time, and Task.JSON is the task as Java would write it back. The
// members of kinds that this program does not run are kept verbatim. The error is a
// *TaskError.
func ParseTask(b []byte, now Timestamp) (Task, error) {
	t, err := parseTask(b, now)
	var refused *TaskError
	if err != nil && !errors.As(err, &refused) {
		err = &TaskError{err.Error()}
	}
	return t, err
}

func parseTask(b []byte, now Timestamp) (Task, error) {
	b, err := canonical(bytes.TrimPrefix(b, []byte("\ufeff")))
	if err != nil {
		return Task{}, err
	}
	all, err := readFields(b)
	if err != nil {
		return Task{}, err
	}
	all = firstType(all)
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

// firstType drops any "type" after the first: by then Jackson has chosen the class.
func firstType(all fields) fields {
	seen := false
	return slices.DeleteFunc(all, func(f field) bool {
		again := f.key == "type" && seen
		seen = seen || f.key == "type"
		return again
	})
}

// common reads what all tasks have.
func (d *draft) common() error {
	members := []member{
		{key: "type", value: (*nullable)(&d.Type)}, {key: "id", value: (*nullable)(&d.ID)}, {key: "dataSource", value: (*nullable)(&d.DataSource)},
		{key: "context", value: (*rawOrNull)(&d.context)},
	}
	if err := decodeFields(d.all, members); err != nil {
		return err
	}
	if d.Type == "" {
		return &TaskError{"Unexpected token (END_OBJECT), expected FIELD_NAME: missing property 'type' that is to contain type id  (for class org.apache.druid.indexing.common.task.Task)"}
	}
	if !slices.Contains(TaskTypes, d.Type) {
		return &TaskError{fmt.Sprintf("Could not resolve type id '%s' into a subtype of [simple type, class org.apache.druid.indexing.common.task.Task]", d.Type)}
	}
	var more []member
	if slices.Contains(kindsWithGroup, d.Type) {
		more = append(more, member{key: "groupId", value: (*nullable)(&d.GroupID)})
	}
	if slices.Contains(kindsWithResource, d.Type) {
		more = append(more, member{key: "resource", value: &d.resource})
	}
	if err := decodeFields(d.all, more); err != nil {
		return err
	}
	if d.ID == "" && d.given("id") { // a valid id in Java, but one that no worker could use
		return CheckTaskID(d.ID)
	}
	if d.context == nil {
		d.context = json.RawMessage("{}")
	}
	if err := json.Unmarshal(d.context, &d.Context); err != nil {
		return fmt.Errorf("context: Can not deserialize instance of java.util.LinkedHashMap: %w", err)
	}
	return nil
}

func decodeFields(all fields, members []member) error {
	for _, f := range all {
		if m := find(members, f.key); m != nil {
			if err := m.read(f.value); err != nil {
				return err
			}
		}
	}
	return nil
}

// given reports whether the task has a member that is not null.
func (d *draft) given(key string) bool {
	raw, ok := d.all.get(key)
	return ok && string(raw) != "null"
}

// finish fills in what depends on the id.
func (d *draft) finish() {
	if d.GroupID == "" {
		d.GroupID = d.ID
	}
	d.Resource = TaskResource{AvailabilityGroup: d.ID, RequiredCapacity: 1}
	if d.resource != nil {
		d.Resource = *d.resource
	}
}

// name makes an id from the type, the parts and the time, unless one is given.
func (d *draft) name(parts ...string) {
	if d.ID == "" {
		d.ID = strings.Join(append(append([]string{d.Type}, parts...), d.now.String()), "_")
	}
}

// uuid is a random UUID of version 4.
func uuid() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
