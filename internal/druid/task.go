package druid

import "encoding/json"

// States of a task.
const (
	TaskRunning = "RUNNING"
	TaskSuccess = "SUCCESS"
	TaskFailed  = "FAILED"
)

// Task is a task of any kind, with the fields that overlord and worker look at. JSON is
// the whole task as Java would serialise it after reading it, with defaults and the
// generated id filled in; that is what goes to the worker and into the store.
type Task struct {
	ID         string
	Type       string
	GroupID    string
	DataSource string
	Resource   TaskResource
	Context    map[string]json.RawMessage
	JSON       json.RawMessage
}

// TaskResource is what a task asks of a worker.
type TaskResource struct {
	AvailabilityGroup string
	RequiredCapacity  int
}

// TaskStatus is the state of a task: org.apache.druid.indexer.TaskStatus.
type TaskStatus struct {
	ID       string
	Status   string
	Duration int64  // milliseconds, -1 while running
	ErrorMsg string // empty is written as null; cut to 100 characters and "..."

	unknown fields
}

// Complete reports whether the task has ended.
func (s TaskStatus) Complete() bool { return s.Status == TaskSuccess || s.Status == TaskFailed }

// TaskLocation is where a running task serves HTTP. The zero value is not the unknown
// location; UnknownLocation is.
type TaskLocation struct {
	Host    string // empty is written as null
	Port    int
	TLSPort int
}

// UnknownLocation is TaskLocation.unknown() of Java.
func UnknownLocation() TaskLocation { return TaskLocation{Port: -1, TLSPort: -1} }

// TaskAnnouncement is a worker's status node for a task.
type TaskAnnouncement struct {
	Status     TaskStatus
	Type       string
	Resource   TaskResource
	Location   TaskLocation
	DataSource string // empty is written as null

	unknown fields
}

// TaskStatusPlus is a task in the overlord's answers.
type TaskStatusPlus struct {
	ID                 string
	Type               string
	CreatedTime        Timestamp
	QueueInsertionTime Timestamp
	StatusCode         string // written as statusCode and as status
	RunnerStatusCode   string // WAITING, PENDING, RUNNING or NONE
	Duration           *int64 // nil is written as null
	Location           TaskLocation
	DataSource         string
	ErrorMsg           string
}

// TaskLock is an interval lock of the overlord.
type TaskLock struct {
	Type       string // EXCLUSIVE or SHARED
	GroupID    string
	DataSource string
	Interval   Interval
	Version    string
	Priority   int
	Revoked    bool

	unknown fields
}

// SegmentIDWithShardSpec is a segment that is allocated but not yet published.
type SegmentIDWithShardSpec struct {
	DataSource string
	Interval   Interval
	Version    string
	ShardSpec  ShardSpec
}
