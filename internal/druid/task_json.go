package druid

import "fmt"

// errorMsgLimit is the number of characters of an error message that a status keeps.
const errorMsgLimit = 100

// WithMessage returns the status with an error message, cut as TaskStatus cuts it.
func (s TaskStatus) WithMessage(msg string) TaskStatus {
	if runes := []rune(msg); len(runes) > errorMsgLimit {
		msg = string(runes[:errorMsgLimit]) + "..."
	}
	s.ErrorMsg = msg
	return s
}

func (s *TaskStatus) members() []member {
	return []member{
		{key: "id", value: &s.ID},
		{key: "status", value: &s.Status},
		{key: "duration", value: &s.Duration},
		{key: "errorMsg", value: (*nullable)(&s.ErrorMsg)},
	}
}

// MarshalJSON writes the status as Jackson does.
func (s TaskStatus) MarshalJSON() ([]byte, error) { return encodeObject(s.members(), s.unknown) }

// UnmarshalJSON reads it.
func (s *TaskStatus) UnmarshalJSON(b []byte) error {
	*s = TaskStatus{}
	return decodeObject(b, s.members(), &s.unknown)
}

func (l *TaskLocation) members() []member {
	return []member{
		{key: "host", value: (*nullable)(&l.Host)}, {key: "port", value: &l.Port}, {key: "tlsPort", value: &l.TLSPort},
	}
}

// MarshalJSON writes the location as Jackson does.
func (l TaskLocation) MarshalJSON() ([]byte, error) { return encodeObject(l.members(), nil) }

// UnmarshalJSON reads it; null is the unknown location.
func (l *TaskLocation) UnmarshalJSON(b []byte) error {
	*l = UnknownLocation()
	if string(b) == "null" {
		return nil
	}
	var ignored fields
	return decodeObject(b, l.members(), &ignored)
}

func (r *TaskResource) members() []member {
	return []member{{key: "availabilityGroup", value: &r.AvailabilityGroup}, {key: "requiredCapacity", value: &r.RequiredCapacity}}
}

// MarshalJSON writes the resource as Jackson does.
func (r TaskResource) MarshalJSON() ([]byte, error) { return encodeObject(r.members(), nil) }

// UnmarshalJSON reads it; the default capacity is 1.
func (r *TaskResource) UnmarshalJSON(b []byte) error {
	*r = TaskResource{RequiredCapacity: 1}
	if string(b) == "null" {
		return nil
	}
	var ignored fields
	return decodeObject(b, r.members(), &ignored)
}

// UnmarshalJSON reads an announcement. Missing members are made up as in Java: the
// status from id and status, a resource for the task alone, no location.
func (a *TaskAnnouncement) UnmarshalJSON(b []byte) error {
	*a = TaskAnnouncement{Location: UnknownLocation(), Status: TaskStatus{Duration: -1}}
	var id, status string
	members := a.members()
	members[0].value, members[0].derived = &id, false
	members[2].value, members[2].derived = &status, false
	if err := decodeObject(b, members, &a.unknown); err != nil {
		return fmt.Errorf("task announcement: %w", err)
	}
	if a.Status.ID == "" {
		a.Status = TaskStatus{ID: id, Status: status, Duration: -1}
	}
	if a.Status.ID == "" {
		return fmt.Errorf("task announcement: no id in %.200s", b)
	}
	if a.Resource.AvailabilityGroup == "" {
		a.Resource = TaskResource{AvailabilityGroup: a.Status.ID, RequiredCapacity: 1}
	}
	return nil
}

func (a *TaskAnnouncement) members() []member {
	return []member{
		{key: "id", value: a.Status.ID, derived: true},
		{key: "type", value: (*nullable)(&a.Type)},
		{key: "status", value: a.Status.Status, derived: true},
		{key: "taskStatus", value: &a.Status},
		{key: "taskResource", value: &a.Resource},
		{key: "taskLocation", value: &a.Location},
		{key: "taskDataSource", value: (*nullable)(&a.DataSource)},
	}
}

// MarshalJSON writes the announcement as Jackson does.
func (a TaskAnnouncement) MarshalJSON() ([]byte, error) { return encodeObject(a.members(), a.unknown) }

func (s *TaskStatusPlus) members() []member {
	return []member{
		{key: "id", value: &s.ID},
		{key: "type", value: (*nullable)(&s.Type)},
		{key: "createdTime", value: &s.CreatedTime},
		{key: "queueInsertionTime", value: &s.QueueInsertionTime},
		{key: "statusCode", value: (*nullable)(&s.StatusCode)},
		{key: "status", value: nullable(s.StatusCode), derived: true},
		{key: "runnerStatusCode", value: (*nullable)(&s.RunnerStatusCode)},
		{key: "duration", value: &s.Duration},
		{key: "location", value: &s.Location},
		{key: "dataSource", value: (*nullable)(&s.DataSource)},
		{key: "errorMsg", value: (*nullable)(&s.ErrorMsg)},
	}
}

// MarshalJSON writes the status as Jackson does.
func (s TaskStatusPlus) MarshalJSON() ([]byte, error) { return encodeObject(s.members(), nil) }

// UnmarshalJSON reads it.
func (s *TaskStatusPlus) UnmarshalJSON(b []byte) error {
	*s = TaskStatusPlus{Location: UnknownLocation()}
	var ignored fields
	return decodeObject(b, s.members(), &ignored)
}

func (l *TaskLock) members() []member {
	return []member{
		{key: "type", value: &l.Type},
		{key: "groupId", value: &l.GroupID},
		{key: "dataSource", value: &l.DataSource},
		{key: "interval", value: &l.Interval},
		{key: "version", value: &l.Version},
		{key: "priority", value: &l.Priority},
		{key: "revoked", value: &l.Revoked},
	}
}

// Types of a TaskLock.
const (
	LockExclusive = "EXCLUSIVE"
	LockShared    = "SHARED"
)

// MarshalJSON writes the lock as Jackson does.
func (l TaskLock) MarshalJSON() ([]byte, error) { return encodeObject(l.members(), l.unknown) }

// UnmarshalJSON reads it; a lock without a type is exclusive.
func (l *TaskLock) UnmarshalJSON(b []byte) error {
	*l = TaskLock{Type: LockExclusive}
	return decodeObject(b, l.members(), &l.unknown)
}
